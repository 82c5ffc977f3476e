/* SPDX-License-Identifier: Apache-2.0 */
/* UEFI variables in events, for people: TCG PC Client Platform Firmware Profile 1.06, section 10.2.6. */
#ifndef TSMCTL_DESCRIBE_EFI_VARIABLE_H
#define TSMCTL_DESCRIBE_EFI_VARIABLE_H

#include "base/strbuf.h"

/*
 * Puts "NAME-GUID: VALUE" of a UEFI_VARIABLE_DATA, the name as efivarfs has it. In an `authority`
 * event the value is the entry of a signature database that allowed an image, not the whole
 * database. Returns false, with what could be read put, if it is malformed.
 */
bool text_put_efi_variable(struct text *t, struct bytes data, bool authority);

#endif

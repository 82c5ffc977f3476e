/* SPDX-License-Identifier: Apache-2.0 */
/* UEFI device paths as text: UEFI 2.10, section 10.6.1.6, table "EFI Device Path Option Parameter". */
#ifndef TSMCTL_DESCRIBE_DEVICE_PATH_H
#define TSMCTL_DESCRIBE_DEVICE_PATH_H

#include "base/strbuf.h"

/*
 * Puts "PciRoot(0x0)/Pci(0x3,0x0)/HD(1,GPT,...)/\EFI\BOOT\BOOTX64.EFI", hex in lower case. Nodes of
 * a type that is not known, or shorter than their type, are put as the table's last rows say. Returns
 * false, with what could be read put, if a node or the end of the path is not where it has to be.
 */
bool text_put_device_path(struct text *t, struct bytes path);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* GUIDs as UEFI stores them (UEFI 2.10, appendix A): the first three fields are little-endian. */
#ifndef TSMCTL_DESCRIBE_GUID_H
#define TSMCTL_DESCRIBE_GUID_H

#include "base/strbuf.h"

enum { GUID_SIZE = 16, GUID_STR_ROOM = 37 };

/* "8be4df61-93ca-11d2-aa0d-00e098032b8c"; returns dst. */
char *guid_str(char dst[static GUID_STR_ROOM], const uint8_t guid[static GUID_SIZE]);

/* A GUID of exactly GUID_SIZE bytes, with its name in parentheses if it has one. Puts nothing else. */
void text_put_guid(struct text *t, struct bytes guid);
/* Its name if it has one, else the GUID. */
void text_put_guid_name(struct text *t, struct bytes guid);

#endif

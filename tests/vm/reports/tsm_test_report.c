/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A provider of configfs-tsm's reports for tests: tests/vm/build-kernel builds it into the kernel that
 * tests/vm/run boots. It is GPL-2.0-only because the kernel's symbols that it uses are. It reports an
 * SEV-SNP report of version 3 that no key signed. What it does is set in
 * /sys/module/tsm_test_report/parameters/.
 */
#include <linux/delay.h>
#include <linux/moduleparam.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/tsm.h>
#include <linux/unaligned.h>

enum {
	REPORT_SIZE = 1184,
	VERSION = 0x000,
	VMPL = 0x030,
	ALGORITHM = 0x034,
	SIGNER = 0x048,
	REPORT_DATA = 0x050,
	CPU = 0x188,

	NO_KEY = 7 << 2,
	MILAN = 0x0119, /* family and model */
};

static bool hold;
module_param(hold, bool, 0600);
MODULE_PARM_DESC(hold, "a request waits until this is N, or a signal ends the process");

static bool held;
module_param(held, bool, 0400);
MODULE_PARM_DESC(held, "whether a request waits");

static int fail;
module_param(fail, int, 0600);
MODULE_PARM_DESC(fail, "the errno of each request; -1: an empty report, and success");

static int wait_while_held(void)
{
	WRITE_ONCE(held, true);
	while (READ_ONCE(hold) && !fatal_signal_pending(current))
		msleep(5);
	WRITE_ONCE(held, false);
	return fatal_signal_pending(current) ? -EINTR : 0;
}

/* The manifest says what the service was asked for. */
static int add_manifest(struct tsm_report *report)
{
	const struct tsm_report_desc *desc = &report->desc;

	if (!desc->service_provider)
		return 0;
	report->manifestblob = kasprintf(GFP_KERNEL, "%s %pUl %u", desc->service_provider,
		&desc->service_guid, desc->service_manifest_version);
	if (!report->manifestblob)
		return -ENOMEM;
	report->manifestblob_len = strlen(report->manifestblob);
	return 0;
}

static int make_report(struct tsm_report *report, void *data)
{
	const struct tsm_report_desc *desc = &report->desc;
	int rc = wait_while_held();

	if (rc == 0 && fail > 0)
		rc = -fail;
	if (rc == 0 && desc->inblob_len != TSM_REPORT_INBLOB_MAX)
		rc = -EINVAL;
	if (rc < 0)
		return rc;
	report->outblob = kvzalloc(REPORT_SIZE, GFP_KERNEL);
	if (!report->outblob)
		return -ENOMEM;
	report->outblob_len = fail == -1 ? 0 : REPORT_SIZE;
	put_unaligned_le32(3, report->outblob + VERSION);
	put_unaligned_le32(desc->privlevel, report->outblob + VMPL);
	put_unaligned_le32(1, report->outblob + ALGORITHM);
	put_unaligned_le32(NO_KEY, report->outblob + SIGNER);
	put_unaligned_le16(MILAN, report->outblob + CPU);
	memcpy(report->outblob + REPORT_DATA, desc->inblob, desc->inblob_len);
	return add_manifest(report);
}

static const struct tsm_report_ops ops = {
	.name = "tsm_test_report",
	.privlevel_floor = 1,
	.report_new = make_report,
};

static int set_present(const char *text, const struct kernel_param *param)
{
	bool present;
	int rc = kstrtobool(text, &present);

	if (rc < 0)
		return rc;
	return present ? tsm_report_register(&ops, NULL) : tsm_report_unregister(&ops);
}

static const struct kernel_param_ops present_ops = {.set = set_present};
module_param_cb(present, &present_ops, NULL, 0200);
MODULE_PARM_DESC(present, "whether there is a provider");

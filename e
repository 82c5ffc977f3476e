tsmctl: libcrypto cannot be initialised

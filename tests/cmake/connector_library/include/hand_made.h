int not_exported(void);

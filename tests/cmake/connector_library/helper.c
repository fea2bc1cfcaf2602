int helper_answer(void);

int helper_answer(void) {
    return 42;
}

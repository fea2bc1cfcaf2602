/* HTTP & JSON < > " are left alone. */
int dpone_connector_demo_api_source(void) {
    int strategies = 0;

    strategies++; /* full_refresh */
    strategies++; /* incremental_append */
    return strategies;
}

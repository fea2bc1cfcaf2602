int dpone_connector_demo_api_sink(void) {
    return 0;
}

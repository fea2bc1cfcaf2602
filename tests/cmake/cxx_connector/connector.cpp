#include <dpone/connector.h>

#include <map>
#include <regex>
#include <string>

int32_t dpone_connector_init(uint32_t abi_version, struct dpone_connector *out, struct dpone_error *error) {
    static std::map<std::string, std::string> words{{"word", "1"}};
    static const dpone_connector self = [] {
        dpone_connector connector{};
        connector.struct_size = sizeof connector;
        connector.abi_version = DPONE_ABI_VERSION;
        return connector;
    }();
    words["found"] = std::regex_match(words["word"], std::regex("[0-9]+")) ? "yes" : "no";
    return dpone_connector_fill(abi_version, out, &self, error);
}

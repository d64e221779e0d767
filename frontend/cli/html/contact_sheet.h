// The page of a data set: how many samples each class has, and some pictures of each.
#ifndef BRINE_FRONTEND_CLI_HTML_CONTACT_SHEET_H_
#define BRINE_FRONTEND_CLI_HTML_CONTACT_SHEET_H_

#include <string>

#include "frontend/data/describe.h"
#include "frontend/data/source.h"

namespace brine::cli {

// One HTML file.  `path` names the data.  Shows at most 400 pictures, which are made smaller than 128 pixels.  Pictures
// that cannot be read are left out.
std::string ContactSheet(const std::string& path, const Source& source, const DataFacts& facts);

}  // namespace brine::cli

#endif  // BRINE_FRONTEND_CLI_HTML_CONTACT_SHEET_H_

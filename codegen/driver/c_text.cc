#include "codegen/driver/c_text.h"

#include <cmath>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"

namespace brine::codegen {

std::string CString(absl::string_view text) {
  std::string result = "\"";
  size_t line = 0;
  for (char c : text) {
    const unsigned char byte = static_cast<unsigned char>(c);
    // A question mark could begin a trigraph.  Octal escapes have three digits, so the next character does not extend
    // them.
    if (c == '\n')
      absl::StrAppend(&result, "\\n");
    else if (byte < 32 || byte > 126 || c == '"' || c == '\\' || c == '?')
      absl::StrAppendFormat(&result, "\\%03o", byte);
    else
      result += c;
    if (++line % 4000 == 0 || c == '\n') absl::StrAppend(&result, "\"\n  \"");
  }
  return result + "\"";
}

std::string CBytes(absl::string_view bytes) {
  std::string result = " {";
  for (size_t at = 0; at < bytes.size(); ++at) {
    absl::StrAppend(&result, at % 32 == 0 ? "\n" : "", static_cast<int>(static_cast<unsigned char>(bytes[at])), ",");
  }
  return result + "}";
}

std::string CNumber(double value) {
  if (std::isnan(value)) return "(0.0 / 0.0)";
  if (std::isinf(value)) return value > 0 ? "(1.0 / 0.0)" : "(-1.0 / 0.0)";
  return absl::StrFormat("%.17g", value);
}

std::string ToIdentifier(absl::string_view name) {
  std::string result;
  for (char c : name) result += absl::ascii_isalnum(static_cast<unsigned char>(c)) ? c : '_';
  return result.empty() || absl::ascii_isdigit(static_cast<unsigned char>(result[0])) ? "model_" + result : result;
}

std::vector<std::string> CpuFeatures(absl::string_view target) {
  struct Row {
    absl::string_view halide;
    std::vector<const char*> names;
  };
  static const auto* const kRows = new std::vector<Row>{
      {"sse41", {"sse4.1"}},
      {"avx", {"avx"}},
      {"avx2", {"avx2"}},
      {"fma", {"fma"}},
      {"f16c", {"f16c"}},
      {"avx512", {"avx512f", "avx512cd"}},
      {"avx512_skylake", {"avx512f", "avx512cd", "avx512vl", "avx512bw", "avx512dq"}},
      {"avx512_cannonlake", {"avx512f", "avx512cd", "avx512vl", "avx512bw", "avx512dq", "avx512ifma", "avx512vbmi"}},
      {"avx512_zen4",
       {"avx512f", "avx512cd", "avx512vl", "avx512bw", "avx512dq", "avx512vbmi2", "avx512vnni", "avx512bf16"}},
      {"avx512_zen5",
       {"avx512f", "avx512cd", "avx512vl", "avx512bw", "avx512dq", "avx512vbmi2", "avx512vnni", "avx512bf16"}},
      {"avx512_sapphirerapids",
       {"avx512f", "avx512cd", "avx512vl", "avx512bw", "avx512dq", "avx512bf16", "avx512vnni"}},
  };
  std::vector<std::string> result;
  std::set<std::string> seen;
  for (absl::string_view part : absl::StrSplit(target, '-')) {
    for (const Row& row : *kRows) {
      if (row.halide != part) continue;
      for (const char* name : row.names) {
        if (seen.insert(name).second) result.push_back(name);
      }
    }
  }
  return result;
}

}  // namespace brine::codegen

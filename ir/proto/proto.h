// The protobuf form of graphs (graph.proto), and files: .ir holds text, .pb protobuf, .pbtxt protobuf's own text.
#ifndef BRINE_IR_PROTO_PROTO_H_
#define BRINE_IR_PROTO_PROTO_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "ir/graph.h"

namespace brine::ir {

namespace proto {
class Module;  // graph.proto
}

inline constexpr uint32_t kProtoVersion = 2;

// The graphs' values must exist, which verify.h checks.
void ToProto(const std::vector<Graph>& graphs, proto::Module& module);

// Errors are one sentence with the graph and node.  The result is read, not verified.
absl::StatusOr<std::vector<Graph>> FromProto(const proto::Module& module);

enum class FileFormat : uint8_t { kText, kBinary, kProtoText };
absl::StatusOr<FileFormat> FormatOf(absl::string_view path);  // by extension

// The bytes of a file and back.  Reading verifies, so its result is fit for every pass; `file` is for messages.
absl::StatusOr<std::string> WriteGraphs(const std::vector<Graph>& graphs, FileFormat format);
absl::StatusOr<std::vector<Graph>> ReadGraphs(absl::string_view bytes, FileFormat format, absl::string_view file);

// A file that exists is replaced at once or, on an error, left as it was.
absl::Status SaveGraphs(const std::vector<Graph>& graphs, const std::string& path);
absl::StatusOr<std::vector<Graph>> LoadGraphs(const std::string& path);

}  // namespace brine::ir

#endif  // BRINE_IR_PROTO_PROTO_H_

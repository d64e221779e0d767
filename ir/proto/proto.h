// The protobuf form of graphs (graph.proto), and graphs in files.  A .ir file has the text form (text.h), a .pb file
// protobuf's binary form, a .pbtxt file protobuf's text form.
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

inline constexpr uint32_t kProtoVersion = 3;  // of graph.proto; raised when an older reader would misread new files

// Every id in the graphs must be that of a value, as in graphs that verify.h accepts.
void ToProto(const std::vector<Graph>& graphs, proto::Module& module);

// The caller must verify the result (verify.h) before any other use.  An error names the graph and the node.
absl::StatusOr<std::vector<Graph>> FromProto(const proto::Module& module);

enum class FileFormat : uint8_t { kText, kBinary, kProtoText };
absl::StatusOr<FileFormat> FormatOf(absl::string_view path);  // by the extension; an error if it is another one

// Converts graphs to the bytes of a file and back.  Both verify the graphs.  `file` is only used for messages.
// Errors: more bytes than the format may have; for reading also bytes that are no graph.
absl::StatusOr<std::string> WriteGraphs(const std::vector<Graph>& graphs, FileFormat format);
absl::StatusOr<std::vector<Graph>> ReadGraphs(absl::string_view bytes, FileFormat format, absl::string_view file);

// Writes or reads a file, in the format that its extension says.  A file that exists is replaced in one step, or left
// as it was if there is an error.
absl::Status SaveGraphs(const std::vector<Graph>& graphs, const std::string& path);
absl::StatusOr<std::vector<Graph>> LoadGraphs(const std::string& path);

}  // namespace brine::ir

#endif  // BRINE_IR_PROTO_PROTO_H_

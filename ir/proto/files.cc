// Graphs in files of the three formats of proto.h.  limits.h has the limits that reading checks.
#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/stubs/logging.h>
#include <google/protobuf/text_format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "ir/limits.h"
#include "ir/proto/graph.pb.h"
#include "ir/proto/proto.h"
#include "ir/status.h"
#include "ir/text/text.h"
#include "ir/verify/verify.h"

namespace brine::ir {
namespace {

constexpr int kMaxNesting = 100;  // of messages within messages; protobuf's parsers refuse more

absl::Status ErrorIn(absl::string_view file, absl::string_view sentence) {
  return absl::InvalidArgumentError(absl::StrCat(file, ": ", sentence));
}

// Keeps the first error of protobuf's text parser in the form "<file>:<line>:<column>: sentence".
class FirstError : public google::protobuf::io::ErrorCollector {
 public:
  explicit FirstError(absl::string_view file) : file_(file) {}
  void AddError(int line, int column, const std::string& message) override {
    if (!text_.empty()) return;
    std::string sentence = message.substr(0, 200);
    while (!sentence.empty() && sentence.back() == '.') sentence.pop_back();
    if (!sentence.empty()) sentence[0] = absl::ascii_tolower(static_cast<unsigned char>(sentence[0]));
    text_ = absl::StrCat(file_, ":", line + 1, ":", column + 1, ": ", sentence);
  }
  void AddWarning(int, int, const std::string&) override {}
  const std::string& text() const { return text_; }

 private:
  std::string file_, text_;
};

absl::StatusOr<proto::Module> ParseProtoText(absl::string_view bytes, absl::string_view file) {
  proto::Module module;
  FirstError error(file);
  google::protobuf::TextFormat::Parser parser;
  parser.SetRecursionLimit(kMaxNesting);
  parser.RecordErrorsTo(&error);
  google::protobuf::io::ArrayInputStream stream(bytes.data(), static_cast<int>(bytes.size()));
  if (parser.Parse(&stream, &module)) return module;
  // A newer version may have fields at which this parser stops.  FromProto then reports the version instead.
  if (module.version() > kProtoVersion) return module;
  return absl::InvalidArgumentError(
      error.text().empty() ? absl::StrCat(file, ": is not protobuf's text form of a graph") : error.text());
}

absl::StatusOr<proto::Module> ParseBinary(absl::string_view bytes, absl::string_view file) {
  proto::Module module;
  google::protobuf::io::CodedInputStream stream(reinterpret_cast<const uint8_t*>(bytes.data()),
                                                static_cast<int>(bytes.size()));
  stream.SetRecursionLimit(kMaxNesting);
  if (!module.ParseFromCodedStream(&stream) || !stream.ConsumedEntireMessage()) {
    return ErrorIn(
        file, absl::StrCat("is not a Brine graph in protobuf, is cut off, or nests more than ", kMaxNesting, " deep"));
  }
  return module;
}

// Text that names the first unknown field of the message or of a message in it; empty if there is none.  The recursion
// is bounded, since the parsers refused messages nested deeper than kMaxNesting.
std::string FindUnknownField(const google::protobuf::Message& message) {
  const google::protobuf::Reflection* reflection = message.GetReflection();
  const auto& unknown = reflection->GetUnknownFields(message);
  if (!unknown.empty())
    return absl::StrCat("unknown field ", unknown.field(0).number(), " in ", message.GetDescriptor()->name());
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  reflection->ListFields(message, &fields);
  for (const google::protobuf::FieldDescriptor* field : fields) {
    if (field->cpp_type() != google::protobuf::FieldDescriptor::CPPTYPE_MESSAGE) continue;
    const int size = field->is_repeated() ? reflection->FieldSize(message, field) : 1;
    for (int index = 0; index < size; ++index) {
      const auto& inner = field->is_repeated() ? reflection->GetRepeatedMessage(message, field, index)
                                               : reflection->GetMessage(message, field);
      if (std::string found = FindUnknownField(inner); !found.empty()) return found;
    }
  }
  return "";
}

size_t LimitOf(FileFormat format) { return format == FileFormat::kBinary ? kMaxBinaryBytes : kMaxTextBytes; }

absl::StatusOr<std::vector<Graph>> ReadProto(absl::string_view bytes, FileFormat format, absl::string_view file) {
  google::protobuf::LogSilencer quiet;  // errors are returned; protobuf must not also write them to stderr
  BRINE_ASSIGN_OR_RETURN(const proto::Module module,
                         format == FileFormat::kBinary ? ParseBinary(bytes, file) : ParseProtoText(bytes, file));
  if (module.version() <= kProtoVersion) {
    if (const std::string unknown = FindUnknownField(module); !unknown.empty()) return ErrorIn(file, unknown);
  }
  absl::StatusOr<std::vector<Graph>> graphs = FromProto(module);
  if (!graphs.ok()) return ErrorIn(file, graphs.status().message());
  return graphs;
}

absl::Status SystemError(absl::string_view path, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(path, ": cannot ", what, ": ", std::strerror(errno)));
}

absl::Status WriteFile(const std::string& path, const std::string& bytes) {
  const std::string temporary = absl::StrCat(path, ".", getpid(), ".tmp");
  std::FILE* file = std::fopen(temporary.c_str(), "wbx");
  if (file == nullptr) return SystemError(path, "write");
  bool written = std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size();
  written &= std::fclose(file) == 0;
  written = written && std::rename(temporary.c_str(), path.c_str()) == 0;
  if (written) return absl::OkStatus();
  const absl::Status error = SystemError(path, "write");
  std::remove(temporary.c_str());
  return error;
}

}  // namespace

absl::StatusOr<FileFormat> FormatOf(absl::string_view path) {
  if (absl::EndsWith(path, ".ir")) return FileFormat::kText;
  if (absl::EndsWith(path, ".pb")) return FileFormat::kBinary;
  if (absl::EndsWith(path, ".pbtxt")) return FileFormat::kProtoText;
  return ErrorIn(path, "a graph's file ends with .ir, .pb or .pbtxt");
}

absl::StatusOr<std::string> WriteGraphs(const std::vector<Graph>& graphs, FileFormat format) {
  for (const Graph& graph : graphs) BRINE_RETURN_IF_ERROR(Verify(graph));
  std::string bytes;
  if (format == FileFormat::kText) {
    bytes = Print(graphs);
  } else {
    proto::Module module;
    ToProto(graphs, module);
    if (format == FileFormat::kBinary)
      module.SerializeToString(&bytes);
    else
      google::protobuf::TextFormat::PrintToString(module, &bytes);
  }
  if (bytes.size() > LimitOf(format))
    return absl::InvalidArgumentError(
        absl::StrCat("graphs of ", bytes.size(), " bytes are more than a file may hold, ", LimitOf(format)));
  return bytes;
}

absl::StatusOr<std::vector<Graph>> ReadGraphs(absl::string_view bytes, FileFormat format, absl::string_view file) {
  if (bytes.size() > LimitOf(format)) return ErrorIn(file, absl::StrCat("is larger than ", LimitOf(format), " bytes"));
  BRINE_ASSIGN_OR_RETURN(std::vector<Graph> graphs,
                         format == FileFormat::kText ? Parse(bytes, file) : ReadProto(bytes, format, file));
  std::string faults;
  for (const Graph& graph : graphs) {
    const absl::Status status = Verify(graph);
    if (!status.ok()) absl::StrAppend(&faults, faults.empty() ? absl::StrCat(file, ": ") : "\n", status.message());
  }
  if (!faults.empty()) return absl::InvalidArgumentError(faults);
  return graphs;
}

absl::Status SaveGraphs(const std::vector<Graph>& graphs, const std::string& path) {
  BRINE_ASSIGN_OR_RETURN(const FileFormat format, FormatOf(path));
  const absl::StatusOr<std::string> bytes = WriteGraphs(graphs, format);
  if (!bytes.ok()) return ErrorIn(path, bytes.status().message());
  return WriteFile(path, *bytes);
}

absl::StatusOr<std::vector<Graph>> LoadGraphs(const std::string& path) {
  BRINE_ASSIGN_OR_RETURN(const FileFormat format, FormatOf(path));
  std::FILE* file = std::fopen(path.c_str(), "rb");
  if (file == nullptr) return SystemError(path, "read");
  std::string bytes;
  char block[1 << 16];
  size_t got = 0;
  while (bytes.size() <= LimitOf(format) && (got = std::fread(block, 1, sizeof(block), file)) > 0)
    bytes.append(block, got);
  const bool failed = std::ferror(file) != 0;
  const absl::Status error = failed ? SystemError(path, "read") : absl::OkStatus();
  std::fclose(file);
  BRINE_RETURN_IF_ERROR(error);
  return ReadGraphs(bytes, format, path);
}

}  // namespace brine::ir

#include <map>

#include "absl/strings/str_cat.h"
#include "codegen/files.h"
#include "frontend/cli/commands.h"
#include "frontend/cli/session.h"

namespace brine::cli {

int RunCompile(const Command&, const Arguments& arguments) {
  static const std::map<std::string, codegen::Emit> kForms = {
      {"exe", codegen::Emit::kExe}, {"shared", codegen::Emit::kShared}, {"static", codegen::Emit::kStatic}, {"object", codegen::Emit::kObject}};
  const auto form = kForms.find(arguments.Get("emit", "exe"));
  if (form == kForms.end()) return Fail(absl::InvalidArgumentError("--emit must be exe, shared, static or object"), kUsage);
  const absl::StatusOr<Session> session = OpenSession();
  if (!session.ok()) return Fail(session.status(), kFailed);
  const Prepared prepared = Prepare(*session, arguments.words[0], arguments);
  if (prepared.exit_code != kOk) return prepared.exit_code;
  codegen::ProgramOptions options;
  options.emit = form->second;
  options.target = arguments.Get("target", "");
  const absl::StatusOr<codegen::BuiltProgram> program =
      codegen::BuildProgram(prepared.planned, options, prepared.summary, session->toolchain, session->cache);
  if (!program.ok()) return Fail(program.status(), kCompileFailed);

  static const char* const kSuffixes[] = {"", ".so", ".a", ".o"};
  const std::string output = arguments.Get("o", absl::StrCat(program->name, kSuffixes[static_cast<size_t>(form->second)]));
  const bool runs = form->second == codegen::Emit::kExe || form->second == codegen::Emit::kShared;
  if (const absl::Status status = codegen::WriteFileAtomically(output, program->bytes, runs ? 0755 : 0644); !status.ok()) return Fail(status, kFailed);
  const size_t slash = output.rfind('/');
  const std::string header = absl::StrCat(slash == std::string::npos ? "" : output.substr(0, slash + 1), program->name, ".h");
  if (const absl::Status status = codegen::WriteFileAtomically(header, program->header, 0644); !status.ok()) return Fail(status, kFailed);
  return kOk;
}

int RunSummary(const Command&, const Arguments& arguments) {
  const absl::StatusOr<Session> session = OpenSession();
  if (!session.ok()) return Fail(session.status(), kFailed);
  const Prepared prepared = Prepare(*session, arguments.words[0], arguments);
  return prepared.exit_code != kOk ? prepared.exit_code : Print(prepared.summary);
}

}  // namespace brine::cli

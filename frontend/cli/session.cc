#include "frontend/cli/session.h"

#include <cstdio>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "frontend/cli/commands.h"
#include "frontend/cli/model_file.h"
#include "frontend/summary.h"
#include "ir/status.h"

namespace brine::cli {

absl::StatusOr<Session> OpenSession() {
  BRINE_ASSIGN_OR_RETURN(codegen::Toolchain toolchain, codegen::FindToolchain());
  BRINE_ASSIGN_OR_RETURN(codegen::Cache cache, OpenCache());
  return Session{std::move(toolchain), std::move(cache)};
}

absl::StatusOr<codegen::Cache> OpenCache() {
  std::string warning;
  BRINE_ASSIGN_OR_RETURN(codegen::Cache cache, codegen::Cache::OpenDefault(warning));
  if (!warning.empty()) std::fprintf(stderr, "brine: %s\n", warning.c_str());
  return cache;
}

Prepared Prepare(const Session& session, const std::string& path, const Arguments& arguments) {
  Prepared prepared;
  const absl::StatusOr<int64_t> batch_size = arguments.GetInt("batch-size", 32, 1, 1 << 20);
  if (!batch_size.ok()) {
    prepared.exit_code = Fail(batch_size.status(), kUsage);
    return prepared;
  }
  const absl::StatusOr<ir::Graph> model = LoadModel(path, session.toolchain, session.cache);
  if (!model.ok()) {
    prepared.exit_code =
        Fail(model.status(), model.status().code() == absl::StatusCode::kUnavailable ? kCompileFailed : kBadInput);
    return prepared;
  }
  passes::PipelineOptions passes;
  std::vector<std::string> remarks;
  if (arguments.Has("remarks")) passes.remarks = &remarks;
  if (arguments.Has("without")) passes.without = absl::StrSplit(arguments.Get("without", ""), ',');
  if (const absl::Status status = passes::CheckNames(passes.without); !status.ok()) {
    prepared.exit_code = Fail(status, kUsage);
    return prepared;
  }
  absl::StatusOr<codegen::PlannedModel> planned =
      codegen::PlanModel(*model, *batch_size, passes, arguments.Get("dump-ir", ""));
  if (!planned.ok()) {
    prepared.exit_code =
        Fail(planned.status(),
             absl::IsUnavailable(planned.status()) ? kFailed : kBadInput);  // a dump that cannot be written
    return prepared;
  }
  prepared.planned = *std::move(planned);
  for (const std::string& remark : remarks) std::fprintf(stderr, "%s\n", remark.c_str());
  prepared.summary = Summary(prepared.planned.model, prepared.planned.Find(ir::Function::kTrain), {});
  return prepared;
}

}  // namespace brine::cli

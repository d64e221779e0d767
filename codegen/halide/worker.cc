#include "codegen/halide/worker.h"

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "codegen/driver/worker_request.h"
#include "codegen/halide/kernel.h"
#include "codegen/halide/strategies.h"
#include "ir/op.h"
#include "ir/text/text.h"

namespace brine::codegen {
namespace {

// A process that compiles one request.
struct Child {
  pid_t process;
  int pipe;                    // the end from which its answer is read
  std::string symbol, answer;  // of the request; what has been read so far
};

// The answer to a request: "ok <facts>" or "error <sentence>".
std::string Compile(const WorkerRequest& request, const Halide::Target& target) {
  try {
    if (request.text.empty()) {
      Halide::compile_standalone_runtime(request.path, target.with_feature(Halide::Target::UserContext));
      return absl::StrCat("ok ", Print({.strategy = "runtime"}));
    }
    const auto graphs = ir::Parse(request.text, "kernel");
    if (!graphs.ok()) return absl::StrCat("error ", graphs.status().message());
    if (graphs->size() != 1 || graphs->front().nodes.size() != 1 || !graphs->front().nodes[0].is_kernel()) {
      return "error a request holds one graph of one kernel";
    }
    const auto kernel = CompileKernel(graphs->front(), target, request.options, request.path);
    if (!kernel.ok()) return absl::StrCat("error ", kernel.status().message());
    return absl::StrCat("ok ", Print(*kernel));
  } catch (const Halide::Error& error) {
    return absl::StrCat("error ", error.what());
  }
}

[[noreturn]] void Fail(const char* what) {
  std::fprintf(stderr, "brine-worker: %s: %s\n", what, std::strerror(errno));
  std::exit(1);
}

// Forks a child that compiles the request.
Child StartChild(const WorkerRequest& request, const Halide::Target& target) {
  int ends[2];
  if (pipe(ends) != 0) Fail("pipe");
  std::fflush(nullptr);
  const pid_t process = fork();
  if (process < 0) Fail("fork");
  if (process == 0) {
    close(ends[0]);
    const std::string answer = Compile(request, target);
    size_t written = 0;
    while (written < answer.size()) {
      const ssize_t count = write(ends[1], answer.data() + written, answer.size() - written);
      if (count <= 0) _exit(1);
      written += static_cast<size_t>(count);
    }
    _exit(0);
  }
  close(ends[1]);
  return {process, ends[0], request.options.symbol, ""};
}

// Prints the answer of a child that has ended; `status` is that of waitpid.
void PrintAnswer(const Child& child, int status) {
  std::string verdict = "error", text;
  if (WIFSIGNALED(status))
    text = absl::StrCat("the compiler ended by signal ", WTERMSIG(status));
  else if (child.answer.rfind("error ", 0) == 0)
    text = child.answer.substr(6);
  else if (child.answer.rfind("ok ", 0) != 0)
    text = "the compiler ended without an answer";
  else {
    verdict = "ok";
    text = child.answer.substr(3);
  }
  std::printf("%s %s %zu\n%s", verdict.c_str(), child.symbol.c_str(), text.size(), text.c_str());
  std::fflush(stdout);
}

// Waits until one of the children ends, prints its answer and removes it.
void FinishOneChild(std::vector<Child>& children) {
  while (true) {
    std::vector<pollfd> polls;
    for (const Child& child : children) polls.push_back({child.pipe, POLLIN, 0});
    if (poll(polls.data(), polls.size(), -1) < 0) continue;
    for (size_t child = 0; child < children.size(); ++child) {
      if (polls[child].revents == 0) continue;
      char buffer[4096];
      const ssize_t count = read(children[child].pipe, buffer, sizeof(buffer));
      if (count > 0) {
        children[child].answer.append(buffer, static_cast<size_t>(count));
        continue;
      }
      int status = 0;
      waitpid(children[child].process, &status, 0);
      close(children[child].pipe);
      PrintAnswer(children[child], status);
      children.erase(children.begin() + static_cast<std::ptrdiff_t>(child));
      return;
    }
  }
}

int Serve(int argc, char** argv) {
  std::string target_name = "host";
  int jobs = 1;
  for (int argument = 1; argument < argc; ++argument) {
    const std::string flag = argv[argument];
    if (flag == "--host-target") {
      std::printf("%s\n", Halide::get_host_target().to_string().c_str());
      return 0;
    }
    if (flag == "--list-strategies") {
      for (const Strategy& strategy : AllStrategies()) {
        std::printf("%s %s\n", strategy.form == nullptr ? "any" : strategy.form->name, strategy.name);
      }
      return 0;
    }
    if (argument + 1 == argc) {
      std::fprintf(stderr, "brine-worker: %s needs a value\n", flag.c_str());
      return 2;
    }
    const std::string value = argv[++argument];
    if (flag == "--target")
      target_name = value;
    else if (flag == "--jobs")
      jobs = std::max(1, std::atoi(value.c_str()));
    else {
      std::fprintf(stderr, "brine-worker: unknown flag %s\n", flag.c_str());
      return 2;
    }
  }
  if (!Halide::Target::validate_target_string(target_name)) {
    std::fprintf(stderr, "brine-worker: %s is no target\n", target_name.c_str());
    return 2;
  }
  const Halide::Target target(target_name);
  std::vector<Child> children;
  absl::StatusOr<WorkerRequest> request = ReadRequest(std::cin);
  for (; request.ok(); request = ReadRequest(std::cin)) {
    if (static_cast<int>(children.size()) == jobs) FinishOneChild(children);
    children.push_back(StartChild(*request, target));
  }
  while (!children.empty()) FinishOneChild(children);
  if (absl::IsOutOfRange(request.status())) return 0;
  std::fprintf(stderr, "brine-worker: %s\n", std::string(request.status().message()).c_str());
  return 2;
}

}  // namespace

int WorkerMain(int argc, char** argv) {
  try {
    return Serve(argc, argv);
  } catch (const Halide::Error& error) {
    std::fprintf(stderr, "brine-worker: %s\n", error.what());
    return 1;
  }
}

}  // namespace brine::codegen

// The program brine-worker as a function, so that a program with its own ops or strategies can be its own worker.
//
//   brine-worker --target T --jobs N   reads requests from standard input until it ends; compiles each in a
//                                      freshly forked process, so that the same request gives the same bytes
//   brine-worker --host-target         prints the target of this machine
//   brine-worker --list-strategies     prints a line `<op> <strategy>` for each
//
// Requests are those of worker_request.h.  The answers come in any order.  Each is `ok <symbol> <bytes>` or `error
// <symbol> <bytes>`, a newline, and that many bytes of text: the kernel's facts, or a sentence.
#ifndef BRINE_CODEGEN_HALIDE_WORKER_H_
#define BRINE_CODEGEN_HALIDE_WORKER_H_

namespace brine::codegen {

int WorkerMain(int argc, char** argv);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_HALIDE_WORKER_H_

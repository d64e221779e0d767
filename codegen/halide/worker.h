// The program brine-worker as a function, so that a program with its own ops or strategies can be its own worker.
//
//   brine-worker --target T --jobs N   reads requests from standard input until it ends; compiles each in a
//                                      freshly forked process, so that the same request gives the same bytes
//   brine-worker --host-target         prints the target of this machine
//   brine-worker --list-strategies     prints a line `<form> <strategy>` for each strategy; `any` stands for any kernel
//
// Requests have the form of worker_request.h.  The answers come in any order.  An answer is a line `ok <symbol>
// <bytes>` or `error <symbol> <bytes>`, followed by that many bytes of text: the facts of the kernel (kernel_facts.h),
// or a sentence that says what went wrong.
//
// The exit code is 0 after the last request, 1 for an error of Halide or the system, and 2 for a wrong command line or
// a malformed request.
#ifndef BRINE_CODEGEN_HALIDE_WORKER_H_
#define BRINE_CODEGEN_HALIDE_WORKER_H_

namespace brine::codegen {

// The main function of brine-worker; returns the exit code.
int WorkerMain(int argc, char** argv);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_HALIDE_WORKER_H_

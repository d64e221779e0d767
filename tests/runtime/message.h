// The sentence of the Error that a call throws.
#ifndef BRINE_TESTS_RUNTIME_MESSAGE_H_
#define BRINE_TESTS_RUNTIME_MESSAGE_H_

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "runtime/trainer/error.h"

namespace brine::testing {

inline std::string Message(const std::function<void()>& call, ExitCode expected = kExitBadInput) {
  try {
    call();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), expected);
    return error.what();
  }
  return "nothing was thrown";
}

}  // namespace brine::testing

#endif  // BRINE_TESTS_RUNTIME_MESSAGE_H_

// BRINE_RETURN_IF_ERROR and BRINE_ASSIGN_OR_RETURN return a failed absl::Status to the caller of the function.
#ifndef BRINE_IR_STATUS_H_
#define BRINE_IR_STATUS_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#define BRINE_RETURN_IF_ERROR(expression)        \
  do {                                           \
    absl::Status brine_status = (expression);    \
    if (!brine_status.ok()) return brine_status; \
  } while (false)

#define BRINE_CONCAT_INNER(a, b) a##b
#define BRINE_CONCAT(a, b) BRINE_CONCAT_INNER(a, b)

// BRINE_ASSIGN_OR_RETURN(auto x, MakeX());
#define BRINE_ASSIGN_OR_RETURN(target, expression) \
  BRINE_ASSIGN_OR_RETURN_AS(BRINE_CONCAT(brine_result_, __LINE__), target, expression)
#define BRINE_ASSIGN_OR_RETURN_AS(result, target, expression) \
  auto result = (expression);                                 \
  if (!result.ok()) return result.status();                   \
  target = *std::move(result)

#endif  // BRINE_IR_STATUS_H_

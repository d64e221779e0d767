// The models of examples/ and tests/bench/models/, built by the functions of their files.
#ifndef BRINE_TESTS_FRONTEND_EXAMPLES_H_
#define BRINE_TESTS_FRONTEND_EXAMPLES_H_

#include <brine.h>

#include <string>
#include <vector>

namespace brine {

struct Example {
  const char* name;  // the name of its folder or file
  Model (*build)();
};
const std::vector<Example>& Examples();

Model ExampleModel(const std::string& name);

}  // namespace brine

#endif  // BRINE_TESTS_FRONTEND_EXAMPLES_H_

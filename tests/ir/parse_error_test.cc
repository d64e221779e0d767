// Tests that every mistake in a text is reported as one sentence with file, line and column.
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "ir/text/text.h"
#include "tests/ir/test_graphs.h"

namespace brine::ir {
namespace {

std::string ErrorOf(absl::string_view text) {
  const auto graphs = Parse(text, "t.ir");
  return graphs.ok() ? "parsed" : std::string(graphs.status().message());
}

struct Row {
  std::string text, error;
};

// A graph whose fourth line is `line`, in column 1.
std::string Around(absl::string_view line) {
  return absl::StrCat("graph \"g\" {\ninput %x : f32[n,4] data\ninput %picture : f32[n,6,6,3] data\n", line,
                      "\noutput \"y\" = %x\n}\n");
}

// The square root of the square root … of t.
std::string Nested(size_t roots) {
  std::string text;
  for (size_t root = 0; root < roots; ++root) absl::StrAppend(&text, "sqrt(");
  return absl::StrCat(text, "t", std::string(roots, ')'));
}

TEST(ParseError, EachMistakeIsASentenceWithItsPosition) {
  const Row rows[] = {
      {"", "t.ir:1:1: expected graph \"name\", got the end of the text"},
      {"# only a comment\n", "t.ir:2:1: expected graph \"name\", got the end of the text"},
      {"grpah \"g\" {}", "t.ir:1:1: expected graph \"name\", got grpah"},
      {"graph g {}", "t.ir:1:7: expected text in quotes (the graph's name), got g"},
      {"graph \"g {}\n", "t.ir:1:7: text in quotes is not closed on its line"},
      {"graph \"\\q\" {}", "t.ir:1:7: text in quotes holds a wrong escape sequence"},
      {"graph \"g\" stage=trained {}", "t.ir:1:17: expected graph, train, fused or planned, got trained"},
      {"graph \"g\" function=test {}", "t.ir:1:20: expected model, train, evaluate or predict, got test"},
      {"graph \"g\" batch=0 {}", "t.ir:1:17: batch must lie between 1 and 2147483647, got 0"},
      {"graph \"g\" batch=99999999999999999999 {}",
       "t.ir:1:17: batch must lie between 1 and 2147483647, got 99999999999999999999"},
      {"graph \"g\" batch=many {}", "t.ir:1:17: expected a whole number (batch), got many"},
      {"graph \"g\" {\n",
       "t.ir:2:1: expected layer, compile, loss, input, state, a value, update, penalty, output, result or }, got the "
       "end of "
       "the text"},
      {"graph \"g\" {} }", "t.ir:1:14: expected graph \"name\", got }"},
      {std::string("graph \"g\" {\0}", 13), "t.ir:1:12: unexpected byte 0x00"},
      {"graph \"g\" {\n  $\n}", "t.ir:2:3: unexpected character $"},
      {"graph \"g\" { # not at the start\n}", "t.ir:1:13: a comment must stand on a line of its own"},
      {Around("inptu %z : f32[] rows"),
       "t.ir:4:1: expected layer, compile, loss, input, state, a value, update, penalty, output, result or }, got "
       "inptu; did "
       "you mean "
       "input?"},
      {Around("%y = relu(%z) : f32[n,4]"), "t.ir:4:11: %z is not defined before this line"},
      {Around("%y = relu(%y) : f32[n,4]"), "t.ir:4:11: %y is not defined before this line"},
      {Around("%y = relu(%pictrue) : f32[n,4]"),
       "t.ir:4:11: %pictrue is not defined before this line; did you mean %picture?"},
      {Around("%x = relu(%x) : f32[n,4]"), "t.ir:4:1: %x is defined twice"},
      {Around("input %x : f32[n,4] data"), "t.ir:4:7: %x is defined twice"},
      {Around("penalty %z"), "t.ir:4:9: %z is not defined before this line"},
      {Around("% = relu(%x) : f32[n,4]"), "t.ir:4:1: a value's name must follow %"},
      {Around(absl::StrCat("%", std::string(257, 'a'), " = relu(%x) : f32[n,4]")),
       "t.ir:4:1: name of 257 bytes is longer than 256"},
      {Around("%y = rleu(%x) : f32[n,4]"), "t.ir:4:6: unknown op rleu; did you mean relu?"},
      {Around("%y = frobnicate(%x) : f32[n,4]"), "t.ir:4:6: unknown op frobnicate"},
      {Around("%y = relu %x : f32[n,4]"), "t.ir:4:11: expected (, got %x"},
      {Around("%y = relu(%x %x) : f32[n,4]"), "t.ir:4:14: expected ,, got %x"},
      {Around("%y = relu(x) : f32[n,4]"), "t.ir:4:11: expected a value (%name), got x"},
      {Around("%y = relu(%x)"), "t.ir:5:1: expected :, got output"},
      {Around("%y = relu(%x) : "), "t.ir:5:1: unknown element type output"},
      {Around("%y = relu(%x) : f23[n,4]"), "t.ir:4:17: unknown element type f23; did you mean f32?"},
      {Around("%y = relu(%x) : f32"), "t.ir:5:1: expected [, got output"},
      {Around("%y = relu(%x) : f32[n,0]"), "t.ir:4:23: dimension must lie between 1 and 2147483647, got 0"},
      {Around("%y = relu(%x) : f32[n,-1]"), "t.ir:4:23: dimension must lie between 1 and 2147483647, got -1"},
      {Around("%y = relu(%x) : f32[n,2147483648]"),
       "t.ir:4:23: dimension must lie between 1 and 2147483647, got 2147483648"},
      {Around("%y = relu(%x) : f32[n,4.0]"), "t.ir:4:23: expected a dimension, a number or n, got 4.0"},
      {Around("%y = relu(%x) : f32[1,1,1,1,1,1,1,1,1]"), "t.ir:4:20: shape has more than 8 dimensions"},
      {Around("%y, %z = relu(%x) : f32[n,4]"), "t.ir:5:1: expected ,, got output"},
      {Around("%y = relu(%x) : f32[n,4], f32[n,4]"),
       "t.ir:4:25: expected layer, compile, loss, input, state, a value, update, penalty, output, result or }, got ,"},
      {Around("%y = relu(%x) {} : f32[n,4] @heap+0"), "t.ir:4:30: unknown block heap"},
      {Around("%y = relu(%x) : f32[n,4] @arena+-64"),
       "t.ir:4:33: offset must lie between 0 and 9223372036854775807, got -64"},
      {Around("%y = conv2d(%picture, %x) {stride=[1,1]} : f32[n,4]"),
       "t.ir:4:28: conv2d has no attribute stride; did you mean strides?"},
      {Around("%y = conv2d(%picture, %x) {strides=[1,1], strides=[1,1]} : f32[n,4]"),
       "t.ir:4:43: attribute strides is given twice"},
      {Around("%y = conv2d(%picture, %x) {strides=2} : f32[n,4]"),
       "t.ir:4:36: expected a list of whole numbers (strides), got 2"},
      {Around("%y = conv2d(%picture, %x) {strides=[1.5,1]} : f32[n,4]"),
       "t.ir:4:37: expected a whole number (strides), got 1.5"},
      {Around("%y = conv2d(%picture, %x) {groups=\"1\"} : f32[n,4]"),
       "t.ir:4:35: expected a whole number (groups), got \"1\""},
      {Around("%y = conv2d(%picture, %x) {groups=9223372036854775808} : f32[n,4]"),
       "t.ir:4:35: groups must lie between -9223372036854775808 and 9223372036854775807, got 9223372036854775808"},
      {Around("%y = matmul(%x, %x) {transpose_a=1} : f32[4,4]"),
       "t.ir:4:34: expected true or false (transpose_a), got 1"},
      {Around("%y = cast(%x) {to=f32} : f32[n,4]"), "t.ir:4:19: expected text in quotes (to), got f32"},
      {Around("%y = reshape(%x) {shape=[-1,4]} : f32[n,4]"),
       "t.ir:4:26: dimension must lie between 1 and 2147483647, got -1"},
      {Around("%y = cast(%x) : f32[n,4]"), "t.ir:4:6: cast needs the attribute to"},
      {Around("%y = constant() {dtype=\"f32\", shape=[], values=[1e400]} : f32[]"),
       "t.ir:4:49: number 1e400 is out of range"},
      {Around("%y = constant() {dtype=\"f32\", shape=[], values=[1e]} : f32[]"), "t.ir:4:49: 1e is not a number"},
      {Around("%y = constant() {dtype=\"f32\", shape=[], values=[--1]} : f32[]"), "t.ir:4:49: - is not a number"},
      {Around("input %z: f32[] rows"), "t.ir:4:7: expected : after %z:; names may hold colons, put a blank before it"},
      {Around("output \"o\" = %x sum\n  result \"r\" = add(\"oo\", 1.0)"),
       "t.ir:5:20: there is no output oo before this line"},
      {Around("result \"r\" = sum 0 rows"), "t.ir:4:18: summands must lie between 1 and 2147483647, got 0"},
      {Around("input %z : f32[] size"),
       "t.ir:4:18: expected data, label, scalar, seed, step, rows, expression or weight, got size"},
      {Around("input %z : f32[] scalar"), "t.ir:5:1: expected a number (initial value), got output"},
      {Around("input %z : f32[] expression"),
       "t.ir:5:1: expected a number, %scalar, t, add(, sub(, mul(, div(, pow(, min(, max(, sqrt(, exp(, "
       "log(, cos(, floor(, less(, select( or q_pochhammer(, got output"},
      {Around("input %z : f32[] expression tan(2.0)"),
       "t.ir:4:29: expected a number, %scalar, t, add(, sub(, mul(, div(, pow(, min(, max(, sqrt(, exp(, "
       "log(, cos(, floor(, less(, select( or q_pochhammer(, got tan"},
      {Around("input %z : f32[] expression \"t\""),
       "t.ir:4:29: expected a number, %scalar, t, add(, sub(, mul(, div(, pow(, min(, max(, sqrt(, exp(, "
       "log(, cos(, floor(, less(, select( or q_pochhammer(, got \"t\""},
      {Around("input %z : f32[] expression add(t)"), "t.ir:4:34: expected ,, got )"},
      {Around("input %z : f32[] expression sqrt(t, t)"), "t.ir:4:35: expected ), got ,"},
      {Around("input %z : f32[] expression sqrt t"), "t.ir:4:34: expected (, got t"},
      {Around("input %z : f32[] expression mul(t, %rate)"), "t.ir:4:36: %rate is not defined before this line"},
      {Around(absl::StrCat("input %z : f32[] expression ", Nested(255))), "parsed"},
      {Around(absl::StrCat("input %z : f32[] expression ", Nested(256))),
       "t.ir:4:1309: an expression has more than 256 terms"},
      {Around(absl::StrCat("input %z : f32[] expression ", Nested(100'000))),
       "t.ir:4:1309: an expression has more than 256 terms"},
      {Around("state %z : f32[] weight uniform(1.0)"),
       "t.ir:4:18: expected parameter, slot, frozen, statistic or average, got weight"},
      {Around("state %z : f32[] slot gauss(1.0)"),
       "t.ir:4:23: expected constant, uniform, truncated_normal, normal, orthogonal, identity, data_mean or "
       "data_variance, got gauss"},
      {Around("state %z : f32[4] statistic data_mean(0.0)"), "t.ir:4:42: expected ,, got )"},
      {Around("state %z : f32[4] statistic data_mean(0.0, %y)"), "t.ir:4:44: %y is not defined before this line"},
      {Around("layer \"a\" A : f32[n] loc(\"m\":1, \"m\":2)"), "t.ir:4:22: expected one location, got 2"},
      {Around("layer \"a\" A : f32[n] loc(\"m\":-1)"), "t.ir:4:30: line must lie between 0 and 2147483647, got -1"},
      {Around("layer \"a\" A : f32[n] loc(m:1)"), "t.ir:4:26: expected text in quotes (file), got m"},
      {Around("compile loss=\"l\""), "t.ir:4:9: expected optimizer=, got loss"},
      {Around("loss \"output\" \"l\""), "t.ir:4:15: expected =, got \"l\""},
      {Around("loss \"output\" = \"l\" weight=much metrics=[]"), "t.ir:4:28: expected a number (weight), got much"},
      {Around("loss \"output\" = \"l\" weight=0.5"), "t.ir:5:1: expected metrics=, got output"},
      {Around("compile optimizer=\"sgd\" {learning_rate=[1.0]}"),
       "t.ir:4:40: expected true, false, a number or text in quotes (learning_rate), got ["},
      {Around("update %nowhere = %x"), "t.ir:4:8: %nowhere is not defined before this line"},
      {Around("output y = %x"), "t.ir:4:8: expected text in quotes (the output's name), got y"},
      {Around("%y = kernel(%x) { } : f32[n,4]"), "t.ir:4:17: expected <, got {"},
      {Around("%y = kernel(%x) <a b> { } : f32[n,4]"), "t.ir:4:20: expected >, got b"},
      {Around("%y = kernel(%x) <a scratch=-1> { } : f32[n,4]"),
       "t.ir:4:28: scratch must lie between 0 and 2147483647, got -1"},
      {Around("%y = kernel(%x) <a> { %z = relu(%x) : f32[n,4] } : f32[n,4]"),
       "t.ir:4:1: %y is not defined in the kernel's body"},
      {Around("%x = kernel(%x) <a> { %z = relu(%x) : f32[n,4] } : f32[n,4]"),
       "t.ir:4:1: %x is not defined in the kernel's body"},
      {Around("%y = kernel(%x) <a> { %y = relu(%x) : f32[n,4] } : u8[n,4]"),
       "t.ir:4:52: %y is u8[n,4] here, but f32[n,4] in the body"},
      {Around("%y = kernel(%x) <a> { %y = kernel(%x) <b> { } : f32[n,4] } : f32[n,4]"),
       "t.ir:4:28: a kernel cannot hold another kernel"},
      {Around("%y = kernel(%x) <a> { update %x = %x } : f32[n,4]"), "t.ir:4:23: expected a value (%name), got update"},
  };
  for (const Row& row : rows) EXPECT_EQ(ErrorOf(row.text), row.error) << row.text;
}

// Texts that would take much memory or a deep recursion are refused.
TEST(ParseError, SizesBeyondTheLimitsAreRefused) {
  EXPECT_EQ(ErrorOf(std::string((16 << 20) + 1, '\n')), "t.ir: text of 16777217 bytes is longer than 16777216");
  EXPECT_EQ(ErrorOf(std::string(100 << 20, 'a')), "t.ir: text of 104857600 bytes is longer than 16777216");
  EXPECT_EQ(ErrorOf(std::string(16 << 20, 'a')),
            absl::StrCat("t.ir:1:1: expected graph \"name\", got ", std::string(40, 'a'), "..."));
  EXPECT_EQ(ErrorOf(absl::StrCat("graph \"", std::string(1 << 20, 'a'), "\" {}")),
            "t.ir:1:7: text in quotes is longer than 4096 bytes");
  for (const char* open : {"(", "[", "{", "<", "graph \"g\" { ", "graph \"g\" {\n%y = kernel() <a> { ",
                           "graph \"g\" { %y = constant() {values=[[", "loc("}) {
    std::string deep;
    for (int level = 0; level < 10000; ++level) deep += open;
    EXPECT_EQ(ErrorOf(deep).substr(0, 5), "t.ir:") << open;
  }
  std::string kernels = "graph \"g\" {";
  for (int level = 0; level < 10000; ++level) kernels += "%y = kernel() <a> { ";
  EXPECT_EQ(ErrorOf(kernels), "t.ir:1:37: a kernel cannot hold another kernel");

  std::string list = "0";
  for (int element = 0; element < 65536; ++element) list += ",0";
  EXPECT_EQ(ErrorOf(Around(absl::StrCat("%y = reduce_sum(%x) {axes=[", list, "]} : f32[]"))),
            "t.ir:4:27: axes has more than 65536 elements");
  const std::string constant =
      absl::StrCat("%y = constant() {dtype=\"f32\", shape=[65537], values=[", list, "]} : f32[65537]");
  EXPECT_EQ(ErrorOf(Around(constant)), "parsed");

  std::string graphs;
  for (int graph = 0; graph < 65; ++graph) graphs += "graph \"\" {}";
  EXPECT_EQ(ErrorOf(graphs), "t.ir:1:716: more than 64 graphs");

  std::string nodes = "graph \"g\" {\n";
  for (int node = 0; node <= 100'000; ++node)
    absl::StrAppend(&nodes, "%v", node, " = relu(%v", node == 0 ? "0" : absl::StrCat(node - 1), ") : f32[1]\n");
  nodes.replace(nodes.find("relu(%v0)"), 9, "constant() {dtype=\"f32\", shape=[1], values=[0.0]}");
  EXPECT_EQ(ErrorOf(nodes), "t.ir:100002:1: more than 100000 nodes");
}

}  // namespace
}  // namespace brine::ir

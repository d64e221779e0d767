#include "ir/expression.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "ir/attributes.h"
#include "ir/check.h"
#include "ir/limits.h"
#include "ir/text/line.h"

namespace brine::ir {
namespace {

struct TermRow {
  TermKind kind;
  absl::string_view name;
  int arity;
  double (*apply)(double a, double b, double c);  // null for arity 0; operands past the arity are 0
};

double QPochhammer(double a, double q, double n) {
  if (!(q >= 0 && q <= kMaxQ && std::abs(a) <= 1)) return NAN;
  double product = 1, term = a;
  for (double k = 0; k < n && 1 - term != 1; ++k, term *= q) product *= 1 - term;
  return product;
}

constexpr std::array<TermRow, 21> kTerms = {{
    {TermKind::kConstant, "", 0, nullptr},
    {TermKind::kScalar, "", 0, nullptr},
    {TermKind::kStep, "t", 0, nullptr},
    {TermKind::kAdd, "add", 2, [](double a, double b, double) { return a + b; }},
    {TermKind::kSub, "sub", 2, [](double a, double b, double) { return a - b; }},
    {TermKind::kMul, "mul", 2, [](double a, double b, double) { return a * b; }},
    {TermKind::kDiv, "div", 2, [](double a, double b, double) { return a / b; }},
    {TermKind::kPow, "pow", 2, [](double a, double b, double) { return std::pow(a, b); }},
    {TermKind::kMin, "min", 2, [](double a, double b, double) { return std::fmin(a, b); }},
    {TermKind::kMax, "max", 2, [](double a, double b, double) { return std::fmax(a, b); }},
    {TermKind::kSqrt, "sqrt", 1, [](double a, double, double) { return std::sqrt(a); }},
    {TermKind::kExp, "exp", 1, [](double a, double, double) { return std::exp(a); }},
    {TermKind::kLog, "log", 1, [](double a, double, double) { return std::log(a); }},
    {TermKind::kCos, "cos", 1, [](double a, double, double) { return std::cos(a); }},
    {TermKind::kFloor, "floor", 1, [](double a, double, double) { return std::floor(a); }},
    {TermKind::kLess, "less", 2, [](double a, double b, double) { return a < b ? 1.0 : 0.0; }},
    {TermKind::kSelect, "select", 3, [](double a, double b, double c) { return a != 0 ? b : c; }},
    {TermKind::kQPochhammer, "q_pochhammer", 3, QPochhammer},
    {TermKind::kRows, "rows", 0, nullptr},
    {TermKind::kOutput, "", 0, nullptr},
    {TermKind::kNext, "next", 0, nullptr},
}};

constexpr bool IsIndexedByKind() {
  for (size_t index = 0; index < kTerms.size(); ++index) {
    if (kTerms[index].kind != static_cast<TermKind>(index)) return false;
  }
  return true;
}
static_assert(IsIndexedByKind() && kTerms.size() == static_cast<size_t>(TermKind::kNext) + 1);

const TermRow& RowOf(TermKind kind) { return kTerms[static_cast<size_t>(kind)]; }

template <typename T>
T PopOr(std::vector<T>& stack, T if_empty) {
  if (stack.empty()) return if_empty;
  T top = std::move(stack.back());
  stack.pop_back();
  return top;
}

std::string OutputText(const Graph& graph, int32_t output) {
  const bool exists = output >= 0 && static_cast<size_t>(output) < graph.outputs.size();
  return exists ? Quoted(graph.outputs[static_cast<size_t>(output)].name) : absl::StrCat("?", output);
}

std::string TermText(const Graph& graph, const Term& term, std::vector<std::string>& stack) {
  if (term.kind == TermKind::kConstant) return ToString(AttributeKind::kFloat, term.number);
  if (term.kind == TermKind::kScalar) return ValueText(graph, term.scalar);
  if (term.kind == TermKind::kOutput) return OutputText(graph, term.output);
  if (term.kind == TermKind::kNext) return absl::StrCat("next(", OutputText(graph, term.output), ")");
  const int arity = Arity(term.kind);
  if (arity == 0) return std::string(TermName(term.kind));
  std::vector<std::string> operands(static_cast<size_t>(arity));
  for (auto operand = operands.rbegin(); operand != operands.rend(); ++operand)
    *operand = PopOr<std::string>(stack, "?");
  return absl::StrCat(TermName(term.kind), "(", absl::StrJoin(operands, ", "), ")");
}

}  // namespace

Expression Constant(double number) { return {{.kind = TermKind::kConstant, .number = number}}; }
Expression ScalarOf(ValueId scalar) { return {{.kind = TermKind::kScalar, .scalar = scalar}}; }
Expression RowCount() { return {{.kind = TermKind::kRows}}; }
Expression ElementOf(int32_t output) { return {{.kind = TermKind::kOutput, .output = output}}; }
Expression NextElementOf(int32_t output) { return {{.kind = TermKind::kNext, .output = output}}; }
Expression StepNumber() { return {{.kind = TermKind::kStep}}; }

Expression Apply(TermKind operation, std::initializer_list<Expression> operands) {
  BRINE_CHECK(static_cast<size_t>(Arity(operation)) == operands.size() && operands.size() > 0);
  Expression all;
  for (const Expression& operand : operands) all.insert(all.end(), operand.begin(), operand.end());
  all.push_back({.kind = operation});
  return all;
}

Expression Share(const Expression& part, const Expression& whole) {
  return Apply(TermKind::kDiv, {part, Apply(TermKind::kMax, {whole, Constant(1e-30)})});
}

int Arity(TermKind kind) { return RowOf(kind).arity; }
absl::string_view TermName(TermKind kind) { return RowOf(kind).name; }

std::optional<TermKind> FindTerm(absl::string_view name) {
  const auto row = std::find_if(kTerms.begin(), kTerms.end(), [&](const TermRow& other) { return other.name == name; });
  if (name.empty() || row == kTerms.end()) return std::nullopt;
  return row->kind;
}

std::string ToString(const Graph& graph, const Expression& expression) {
  std::vector<std::string> stack;
  for (const Term& term : expression) {
    std::string text = TermText(graph, term, stack);
    stack.push_back(std::move(text));
  }
  return absl::StrJoin(stack, " ");
}

std::string ExpressionFault(const Expression& expression) {
  if (expression.size() > kMaxExpressionTerms)
    return absl::StrCat("an expression of ", expression.size(), " terms is longer than ", kMaxExpressionTerms);
  int results = 0;
  for (const Term& term : expression) {
    if (term.kind == TermKind::kConstant && !std::isfinite(term.number))
      return absl::StrCat("the number ", term.number, " is not finite");
    if (results < Arity(term.kind))
      return absl::StrCat(TermName(term.kind), " has ", results, " of ", Arity(term.kind), " operands");
    results += 1 - Arity(term.kind);
  }
  return results == 1 ? "" : absl::StrCat("an expression must have one result, got ", results);
}

namespace {

// `leaf` returns the value of a term that is neither a constant nor an operation.
template <typename Leaf>
double Compute(const Expression& expression, const Leaf& leaf) {
  std::vector<double> stack;
  for (const Term& term : expression) {
    const TermRow& row = RowOf(term.kind);
    double result = term.number;
    if (row.arity > 0) {
      double operands[3] = {};
      for (int operand = row.arity - 1; operand >= 0; --operand) operands[operand] = PopOr<double>(stack, NAN);
      result = row.apply(operands[0], operands[1], operands[2]);
    } else if (term.kind != TermKind::kConstant) {
      result = leaf(term);
    }
    stack.push_back(result);
  }
  return PopOr<double>(stack, NAN);
}

}  // namespace

double Evaluate(const Expression& expression, int64_t steps_done, const std::function<double(ValueId)>& scalar) {
  return Compute(expression, [&](const Term& term) {
    return term.kind == TermKind::kScalar ? scalar(term.scalar) : static_cast<double>(steps_done) + 1;
  });
}

double Evaluate(const Result& result, int64_t rows,
                const std::function<double(int32_t output, int64_t index)>& element) {
  double sum = 0;
  for (int64_t index = 0; index < result.summands; ++index) {
    sum += Compute(result.expression, [&](const Term& term) {
      return term.kind == TermKind::kRows ? static_cast<double>(rows)
                                          : element(term.output, index + (term.kind == TermKind::kNext ? 1 : 0));
    });
  }
  return sum;
}

}  // namespace brine::ir

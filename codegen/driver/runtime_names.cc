#include "codegen/driver/runtime_names.h"

#include "ir/check.h"
#include "ir/limits.h"
#include "runtime/program.h"

namespace brine::codegen {
namespace {

const char* Unnamed() {
  BRINE_CHECK(false);  // the compiler warns where a switch lacks an enumerator
  return "";
}

// A table of block sizes is written in the order of ir's enumerators and read by those of the runtime.
constexpr bool AreEqual(ir::Block block, brine_block of_runtime) { return static_cast<int>(block) == of_runtime; }
static_assert(AreEqual(ir::Block::kArena, BRINE_ARENA) && AreEqual(ir::Block::kInputs, BRINE_INPUTS) &&
              AreEqual(ir::Block::kParameters, BRINE_PARAMETERS) && AreEqual(ir::Block::kGradients, BRINE_GRADIENTS) &&
              AreEqual(ir::Block::kSlots, BRINE_SLOTS) && AreEqual(ir::Block::kConstants, BRINE_CONSTANTS) &&
              AreEqual(ir::Block::kOutputs, BRINE_OUTPUTS) && AreEqual(ir::Block::kNonTrainable, BRINE_NON_TRAINABLE) &&
              ir::kBlockCount == BRINE_BLOCK_COUNT);
static_assert(ir::kMaxExpressionTerms == BRINE_MAX_TERMS);

}  // namespace

const char* RuntimeName(ir::DType value) {
  switch (value) {
    case ir::DType::kF32:
      return "BRINE_F32";
    case ir::DType::kI32:
      return "BRINE_I32";
    case ir::DType::kU32:
      return "BRINE_U32";
    case ir::DType::kU8:
      return "BRINE_U8";
    case ir::DType::kMask:
      return "BRINE_MASK";
  }
  return Unnamed();
}

const char* RuntimeName(ir::Source value) {
  switch (value) {
    case ir::Source::kData:
      return "BRINE_DATA";
    case ir::Source::kLabel:
      return "BRINE_LABEL";
    case ir::Source::kScalar:
      return "BRINE_SCALAR";
    case ir::Source::kSeed:
      return "BRINE_SEED";
    case ir::Source::kStep:
      return "BRINE_STEP";
    case ir::Source::kRows:
      return "BRINE_ROWS";
    case ir::Source::kExpression:
      return "BRINE_EXPRESSION";
    case ir::Source::kWeight:
      return "BRINE_WEIGHT";
  }
  return Unnamed();
}

const char* RuntimeName(ir::TermKind value) {
  switch (value) {
    case ir::TermKind::kConstant:
      return "BRINE_TERM_CONSTANT";
    case ir::TermKind::kScalar:
      return "BRINE_TERM_SCALAR";
    case ir::TermKind::kStep:
      return "BRINE_TERM_STEP";
    case ir::TermKind::kAdd:
      return "BRINE_TERM_ADD";
    case ir::TermKind::kSub:
      return "BRINE_TERM_SUB";
    case ir::TermKind::kMul:
      return "BRINE_TERM_MUL";
    case ir::TermKind::kDiv:
      return "BRINE_TERM_DIV";
    case ir::TermKind::kPow:
      return "BRINE_TERM_POW";
    case ir::TermKind::kMin:
      return "BRINE_TERM_MIN";
    case ir::TermKind::kMax:
      return "BRINE_TERM_MAX";
    case ir::TermKind::kSqrt:
      return "BRINE_TERM_SQRT";
    case ir::TermKind::kExp:
      return "BRINE_TERM_EXP";
    case ir::TermKind::kLog:
      return "BRINE_TERM_LOG";
    case ir::TermKind::kCos:
      return "BRINE_TERM_COS";
    case ir::TermKind::kFloor:
      return "BRINE_TERM_FLOOR";
    case ir::TermKind::kLess:
      return "BRINE_TERM_LESS";
    case ir::TermKind::kSelect:
      return "BRINE_TERM_SELECT";
    case ir::TermKind::kQPochhammer:
      return "BRINE_TERM_Q_POCHHAMMER";
    case ir::TermKind::kRows:
      return "BRINE_TERM_ROWS";
    case ir::TermKind::kOutput:
      return "BRINE_TERM_OUTPUT";
    case ir::TermKind::kNext:
      return "BRINE_TERM_NEXT";
  }
  return Unnamed();
}

const char* RuntimeName(ir::InitializerKind value) {
  switch (value) {
    case ir::InitializerKind::kConstant:
      return "BRINE_CONSTANT";
    case ir::InitializerKind::kUniform:
      return "BRINE_UNIFORM";
    case ir::InitializerKind::kTruncatedNormal:
      return "BRINE_TRUNCATED_NORMAL";
    case ir::InitializerKind::kNormal:
      return "BRINE_NORMAL";
    case ir::InitializerKind::kOrthogonal:
      return "BRINE_ORTHOGONAL";
    case ir::InitializerKind::kIdentity:
      return "BRINE_IDENTITY";
    case ir::InitializerKind::kDataMean:
      return "BRINE_DATA_MEAN";
    case ir::InitializerKind::kDataVariance:
      return "BRINE_DATA_VARIANCE";
  }
  return Unnamed();
}

const char* RuntimeName(ir::Block value) {
  switch (value) {
    case ir::Block::kArena:
      return "BRINE_ARENA";
    case ir::Block::kInputs:
      return "BRINE_INPUTS";
    case ir::Block::kParameters:
      return "BRINE_PARAMETERS";
    case ir::Block::kGradients:
      return "BRINE_GRADIENTS";
    case ir::Block::kSlots:
      return "BRINE_SLOTS";
    case ir::Block::kConstants:
      return "BRINE_CONSTANTS";
    case ir::Block::kOutputs:
      return "BRINE_OUTPUTS";
    case ir::Block::kNonTrainable:
      return "BRINE_NON_TRAINABLE";
  }
  return Unnamed();
}

const char* RuntimeName(ir::Role value) {
  switch (value) {
    case ir::Role::kParameter:
      return "BRINE_ROLE_PARAMETER";
    case ir::Role::kSlot:
      return "BRINE_ROLE_SLOT";
    case ir::Role::kFrozen:
      return "BRINE_ROLE_FROZEN";
    case ir::Role::kStatistic:
      return "BRINE_ROLE_STATISTIC";
    case ir::Role::kAverage:
      return "BRINE_ROLE_AVERAGE";
  }
  return Unnamed();
}

const char* RuntimeName(ir::Better value) {
  switch (value) {
    case ir::Better::kUnknown:
      return "BRINE_BETTER_UNKNOWN";
    case ir::Better::kSmaller:
      return "BRINE_SMALLER_IS_BETTER";
    case ir::Better::kLarger:
      return "BRINE_LARGER_IS_BETTER";
  }
  return Unnamed();
}

}  // namespace brine::codegen

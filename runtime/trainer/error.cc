#include "runtime/trainer/error.h"

namespace brine {

void ThrowError(ExitCode code, std::initializer_list<Piece> pieces) { throw Error(code, Concat(pieces)); }

}  // namespace brine

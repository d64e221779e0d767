// The terminal on which a person watches a run.
#ifndef BRINE_RUNTIME_TRAINER_TERMINAL_H_
#define BRINE_RUNTIME_TRAINER_TERMINAL_H_

#include <string>
#include <string_view>

namespace brine {

// Whether stderr is a terminal.
bool IsTerminal();

// Whether stderr is a terminal on which a line can be drawn again.
bool CanRedraw();

// The number of columns of the terminal of stderr; 0 if it is not known.
int TerminalColumns();

// Whether the locale that the environment names uses UTF-8.  The locale of the process is not changed.
bool IsLocaleUtf8();

// The number of characters of UTF-8 text, each of which is taken to be one column wide.
int ColumnsOf(std::string_view text);

}  // namespace brine

#endif  // BRINE_RUNTIME_TRAINER_TERMINAL_H_

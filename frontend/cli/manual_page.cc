// The command man, which prints the manual page of the tool in the language of man(7).
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "frontend/cli/commands.h"

namespace brine::cli {
namespace {

constexpr char kHead[] = R"(.\" Written by `brine man`.
.TH BRINE 1 "" "Brine" "User Commands"
.SH NAME
brine \- compile the training of a neural network
.SH SYNOPSIS
.B brine
.I COMMAND
.RI [ WORD " ...]"
.RI [ FLAG " ...]"
.SH DESCRIPTION
.I MODEL
is a model in C++
.RI ( model.cc ),
a graph
.RI ( .pb ", " .pbtxt " or " .ir )
or a compiled program.
The commands that need kernels compile those that the cache lacks.
Results are written to standard output, everything else to standard error.
.PP
Flags are
.B \-\-flag value
or
.BR \-\-flag=value ,
before or after the words.
The description of each ends with the commands that take it.
A number or word in parentheses at the end of a description is what holds without the flag.
.SH COMMANDS
)";

constexpr char kTail[] = R"(.SH EXIT STATUS
.TP
.B 0
The command has done its work.
.TP
.B 1
It failed while it ran: a file could not be written, memory was short.
.TP
.B 2
The command line is wrong.
.TP
.B 3
A model, graph, file of weights or data set is wrong; the message begins with its place.
.TP
.B 4
A compiler is missing or failed.
.TP
.B 5
The training diverged: a loss, gradient or weight became infinite or not a number.
.TP
.B 130
The command was interrupted.
A training that writes checkpoints has written one.
.SH ENVIRONMENT
.TP
.BR CXX ", " CC
The compilers of models and of programs (c++, cc).
.TP
.B BRINE_CACHE
The folder of compiled kernels.
.TP
.B TMPDIR
The folder of temporary files (/tmp).
.SH FILES
.TP
.I $XDG_CACHE_HOME/brine
or
.I ~/.cache/brine
has the compiled kernels unless
.B BRINE_CACHE
is set.
.B brine cache clean
empties it.
.SH EXAMPLES
.nf
brine new flowers \-\-template images
brine train flowers/model.cc \-\-data PICTURES \-\-checkpoint run
brine predict flowers/model.cc \-\-checkpoint run \-\-input tulip.jpg
.fi
)";

// As text of a page: minus signs, which may be copied, and no character with a meaning.
std::string Escaped(absl::string_view text) {
  return absl::StrReplaceAll(text, {{"\\", "\\e"}, {"-", "\\-"}, {"…", "..."}});
}

// An entry of a list: a bold term, the names of its arguments, and a sentence.  The prefix \& keeps a period at the
// start of a line from being a command.
std::string Entry(absl::string_view term, absl::string_view arguments, absl::string_view text) {
  return absl::StrCat(".TP\n\\fB", Escaped(term), "\\fR", arguments.empty() ? "" : " ", "\\fI", Escaped(arguments),
                      "\\fR\n\\&", Escaped(text), "\n");
}

// A flag, and the commands that take it.
struct FlagOfCommands {
  base::Flag flag;
  std::vector<std::string> commands;
};

std::vector<FlagOfCommands> AllFlags() {
  std::vector<FlagOfCommands> all;
  for (const Command& command : AllCommands()) {
    for (const base::Flag& flag : FlagsOf(command)) {
      auto same = all.begin();
      while (same != all.end() &&
             (absl::string_view(same->flag.name) != flag.name || absl::string_view(same->flag.help) != flag.help))
        ++same;
      if (same == all.end()) same = all.insert(all.end(), {flag, {}});
      same->commands.push_back(command.name);
    }
  }
  return all;
}

}  // namespace

int RunManualPage(const Command&, const Arguments&) {
  std::string page = kHead;
  for (const Command& command : AllCommands())
    absl::StrAppend(&page, Entry(absl::StrCat("brine ", command.name), command.words, command.summary));
  absl::StrAppend(&page, ".SH FLAGS\n");
  for (const FlagOfCommands& row : AllFlags()) {
    absl::StrAppend(&page, Entry(row.flag.name, row.flag.value,
                                 absl::StrCat(row.flag.help, " [", absl::StrJoin(row.commands, ", "), "]")));
  }
  return Print(page + kTail);
}

}  // namespace brine::cli

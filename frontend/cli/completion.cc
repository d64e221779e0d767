// The command completion, which prints how a shell completes the command lines of the tool.
#include <map>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "frontend/cli/commands.h"

namespace brine::cli {
namespace {

// What a word of a command, or the value of a flag, may be.
enum class Kind { kOther, kChoice, kFile, kFolder };

// The kind of a text of the tables, such as "MODEL", "DIR" or "min|max".
Kind KindOf(absl::string_view text) {
  if (absl::StrContains(text, "|")) return Kind::kChoice;
  for (absl::string_view file : {"MODEL", "FILE", "SRC", "RUN"}) {
    if (absl::StrContains(text, file)) return Kind::kFile;
  }
  return absl::StrContains(text, "DIR") ? Kind::kFolder : Kind::kOther;
}

std::string Choices(absl::string_view text) { return absl::StrReplaceAll(text, {{"|", " "}}); }

bool IsSwitch(const base::Flag& flag) { return *flag.value == '\0'; }

// The first word of a command, and what the later ones are.  A choice is made only once.
absl::string_view FirstWord(const Command& command) {
  const absl::string_view words = command.words;
  return words.substr(0, words.find(' '));
}
absl::string_view LaterWords(const Command& command) {
  const absl::string_view words = command.words;
  const size_t space = words.rfind(' ');
  if (space == words.npos) return KindOf(words) == Kind::kChoice ? "" : words;
  return words.substr(space + 1);
}

// In quotes, as bash and zsh read it.
std::string Quoted(absl::string_view text) {
  return absl::StrCat("'", absl::StrReplaceAll(text, {{"'", "'\\''"}}), "'");
}

// ---- bash

// The options of compgen, which lists words.
std::string CompgenOptions(absl::string_view text) {
  switch (KindOf(text)) {
    case Kind::kChoice:
      return absl::StrCat("-W ", Quoted(Choices(text)));
    case Kind::kFile:
      return "-f";
    case Kind::kFolder:
      return "-d";
    case Kind::kOther:
      break;
  }
  return "";
}

std::string Bash() {
  std::vector<std::string> names;
  std::string cases;
  for (const Command& command : AllCommands()) {
    names.push_back(command.name);
    std::vector<std::string> flags, after_switches = {"later"};
    std::map<std::string, std::vector<std::string>> places;  // in which the options of compgen are the same
    for (const base::Flag& flag : FlagsOf(command)) {
      flags.push_back(flag.name);
      if (IsSwitch(flag))
        after_switches.push_back(flag.name);
      else
        places[CompgenOptions(flag.value)].push_back(flag.name);
    }
    if (!flags.empty()) places[absl::StrCat("-W ", Quoted(absl::StrJoin(flags, " ")))].push_back("flags");
    places[CompgenOptions(FirstWord(command))].push_back("first");
    std::vector<std::string>& later = places[CompgenOptions(LaterWords(command))];
    later.insert(later.end(), after_switches.begin(), after_switches.end());
    for (const auto& [options, same] : places) {
      if (options.empty()) continue;
      const std::string start = absl::StrCat("'", command.name, " ");
      absl::StrAppend(&cases, "    ", start, absl::StrJoin(same, absl::StrCat("' | ", start)), "') options=(", options,
                      ") ;;\n");
    }
  }
  return absl::StrCat(R"(# Completes command lines of brine.  Written by `brine completion bash`.
_brine() {
  local command=${COMP_WORDS[1]} word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} place=later
  # Bash divides --flag=value into three words.
  if [[ $word == = ]]; then word=
  elif [[ $previous == = ]]; then previous=${COMP_WORDS[COMP_CWORD - 2]}; fi
  if ((COMP_CWORD == 1)); then command= place=commands
  elif [[ $word == -* ]]; then place=flags
  elif [[ $previous == -* ]]; then place=$previous
  elif ((COMP_CWORD == 2)); then place=first; fi
  local options=()
  case "$command $place" in
    ' commands') options=(-W ')",
                      absl::StrJoin(names, " "), "') ;;\n", cases, R"(  esac
  [[ ${options[0]} == -W ]] || compopt -o filenames 2>/dev/null
  mapfile -t COMPREPLY < <(compgen "${options[@]}" -- "$word")
}
complete -F _brine brine
)");
}

// ---- zsh

// What _arguments does for a word or value: its name, and an action.
std::string ZshAction(absl::string_view text) {
  switch (KindOf(text)) {
    case Kind::kChoice:
      return absl::StrCat("choice:(", Choices(text), ")");
    case Kind::kFile:
      return "file:_files";
    case Kind::kFolder:
      return "folder:_files -/";
    case Kind::kOther:
      break;
  }
  return absl::StrCat(absl::StrReplaceAll(text, {{":", "\\:"}}), ": ");
}

std::string ZshFlag(const base::Flag& flag) {
  const bool is_long = absl::string_view(flag.name).substr(0, 2) == "--";
  const std::string help = absl::StrReplaceAll(flag.help, {{"\\", "\\\\"}, {"[", "\\["}, {"]", "\\]"}});
  if (IsSwitch(flag)) return absl::StrCat(flag.name, "[", help, "]");
  return absl::StrCat(flag.name, is_long ? "=" : "", "[", help, "]:", ZshAction(flag.value));
}

std::string Zsh() {
  std::string commands, cases;
  for (const Command& command : AllCommands()) {
    absl::StrAppend(&commands, "    ", Quoted(absl::StrCat(command.name, ":", command.summary)), "\n");
    std::vector<std::string> arguments;
    for (const base::Flag& flag : FlagsOf(command)) arguments.push_back(Quoted(ZshFlag(flag)));
    const absl::string_view first = FirstWord(command), later = LaterWords(command);
    if (!first.empty()) arguments.push_back(Quoted(absl::StrCat("1:", ZshAction(first))));
    if (!later.empty()) arguments.push_back(Quoted(absl::StrCat("*:", ZshAction(later))));
    if (arguments.empty()) continue;
    absl::StrAppend(&cases, "    ", command.name, ")\n      _arguments \\\n        ",
                    absl::StrJoin(arguments, " \\\n        "), " ;;\n");
  }
  return absl::StrCat(R"(#compdef brine
# Completes command lines of brine.  Written by `brine completion zsh`.
_brine() {
  local -a commands=(
)",
                      commands, R"(  )
  if ((CURRENT == 2)); then
    _describe command commands
    return
  fi
  shift words
  ((CURRENT--))
  case $words[1] in
)",
                      cases, R"(  esac
}
# A file of $fpath is the function itself; otherwise it is sourced.
if [[ $funcstack[1] == _brine ]]; then _brine "$@"; else compdef _brine brine; fi
)");
}

// ---- fish

std::string FishQuoted(absl::string_view text) {
  return absl::StrCat("'", absl::StrReplaceAll(text, {{"\\", "\\\\"}, {"'", "\\'"}}), "'");
}

// The options of `complete` for a word or value.
std::string FishOptions(absl::string_view text) {
  switch (KindOf(text)) {
    case Kind::kChoice:
      return absl::StrCat(" -a ", FishQuoted(Choices(text)));
    case Kind::kFile:
      return " -F";
    case Kind::kFolder:
      return " -a '(__fish_complete_directories)'";
    case Kind::kOther:
      break;
  }
  return "";
}

std::string FishFlag(const base::Flag& flag) {
  absl::string_view name = flag.name;
  const bool is_long = name.substr(0, 2) == "--";
  name.remove_prefix(is_long ? 2 : 1);
  const bool is_file = KindOf(flag.value) == Kind::kFile;
  return absl::StrCat(is_long ? " -l " : " -s ", name,
                      IsSwitch(flag) ? ""
                      : is_file      ? " -r"
                                     : " -x",
                      FishOptions(flag.value), " -d ", FishQuoted(flag.help));
}

std::string Fish() {
  std::string text = "# Completes command lines of brine.  Written by `brine completion fish`.\ncomplete -c brine -f\n";
  for (const Command& command : AllCommands()) {
    absl::StrAppend(&text, "\ncomplete -c brine -n __fish_use_subcommand -a ", command.name, " -d ",
                    FishQuoted(command.summary), "\n");
    const std::string start = absl::StrCat("complete -c brine -n '__fish_seen_subcommand_from ", command.name, "'");
    for (const base::Flag& flag : FlagsOf(command)) absl::StrAppend(&text, start, FishFlag(flag), "\n");
    const std::string first = FishOptions(FirstWord(command)), later = FishOptions(LaterWords(command));
    if (!first.empty()) absl::StrAppend(&text, start, first, "\n");
    if (!later.empty() && later != first) absl::StrAppend(&text, start, later, "\n");
  }
  return text;
}

}  // namespace

int RunCompletion(const Command&, const Arguments& arguments) {
  const std::string& shell = arguments.words[0];
  return Print(shell == "bash" ? Bash() : shell == "zsh" ? Zsh() : Fish());
}

}  // namespace brine::cli

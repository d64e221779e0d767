// Tests what shells complete by the scripts that the tool prints, and its manual page.
#include <gmock/gmock.h>

#include <sstream>
#include <vector>

#include "runtime/base/choices.h"
#include "runtime/base/flags.h"
#include "tests/e2e/project.h"

namespace brine {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAreArray;
using testing::HasSubstr;
using testing::UnorderedElementsAreArray;

using Lines = std::vector<std::string>;

Lines LinesOf(const std::string& text) {
  Lines lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

bool Exists(const std::string& program) { return RunCommand("command -v " + program).code == 0; }

class Completion : public testing::Test {
 protected:
  // What bash offers for the last of the words, which are in the form of a bash array.
  Lines Complete(const std::string& words) {
    project_.Write("ask", "source <(brine completion bash)\nCOMP_WORDS=(" + words +
                              ")\nCOMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n_brine\n"
                              "((${#COMPREPLY[@]} == 0)) || printf '%s\\n' \"${COMPREPLY[@]}\"\n");
    return LinesOf(project_.Run("bash ask"));
  }

  const Project project_;
};

TEST_F(Completion, BashKnowsCommandsFlagsValuesAndFiles) {
  struct Row {
    const char* words;
    Lines offers;
  };
  const Row rows[] = {
      {"brine tr", {"train"}},
      {"brine co", {"compile", "completion"}},
      {"brine xyz", {}},
      {"brine train --ep", {"--epochs"}},
      {"brine compile --ep", {}},
      {"brine train --re", {"--remarks", "--resize", "--restore-best-weights", "--reduce-lr-on-plateau", "--resume"}},
      {"brine train digits.cc --mode ''", {"min", "max"}},
      {"brine train --mode =", {"min", "max"}},
      {"brine train --mode = ma", {"max"}},
      {"brine compile digits.cc --emit s", {"shared", "static"}},
      {"brine inspect digits.cc --stage p", {"planned"}},
      {"brine new flowers --template c", {"cnn", "cmake"}},
      {"brine cache ''", {"stats", "clean"}},
      {"brine cache stats ''", {}},
      {"brine completion ''", {"bash", "zsh", "fish"}},
      {"brine train d", {"digits.cc", "data"}},
      {"brine train --quiet d", {"digits.cc", "data"}},
      {"brine train --epochs 3 d", {"digits.cc", "data"}},
      {"brine train digits.cc --checkpoint d", {"data"}},
      {"brine train digits.cc --save d", {"digits.cc", "data"}},
      {"brine train digits.cc --epochs ''", {}},
      {"brine doctor d", {}},
      {"brine new d", {}},
  };
  for (const Row& row : rows) EXPECT_THAT(Complete(row.words), UnorderedElementsAreArray(row.offers)) << row.words;
  EXPECT_EQ(project_.Run("bash -c 'source <(brine completion bash); complete -p brine'"), "complete -F _brine brine\n");
}

TEST_F(Completion, BashKnowsTheWholeTable) {
  int choices = 0;
  for (const base::CommandRow& command : base::kCommands) {
    if (command.command == base::kHelp) continue;
    const std::string start = std::string("brine ") + command.name;
    const Lines flags = Complete(start + " -");
    for (const base::Flag& flag : base::kFlags) {
      if ((flag.commands & command.command) == 0) continue;
      EXPECT_THAT(flags, Contains(flag.name)) << command.name;
      const auto values = base::ChoicesOf(flag.value);
      if (values.empty()) continue;
      EXPECT_THAT(Complete(start + " " + flag.name + " ''"), ElementsAreArray(values)) << flag.name;
      ++choices;
    }
  }
  EXPECT_GT(choices, 0);
}

TEST_F(Completion, ZshLoadsIt) {
  if (!Exists("zsh")) GTEST_SKIP() << "there is no zsh";
  EXPECT_EQ(project_.Run("zsh -fc 'autoload -Uz compinit && compinit -D -u && source <(brine completion zsh) && "
                         "print $_comps[brine]'"),
            "_brine\n");
  // Asked in a terminal of its own, as a user would by a tab after the line.
  project_.Write("ask", R"(zmodload zsh/zpty
zpty shell zsh -f
zpty -w shell 'autoload -Uz compinit && compinit -D -u && source <(brine completion zsh); print $((40 + 1))'
zpty -r shell output '*41*'
zpty -w -n shell 'brine new flowers --template=res'$'\t''; print $((40 + 2))'$'\n'
zpty -r shell output '*42*'
print -r -- $output
)");
  EXPECT_THAT(project_.Run("timeout 60 zsh -f ask"), HasSubstr("--template=resnet"));
}

TEST_F(Completion, FishKnowsCommandsFlagsValuesAndFiles) {
  if (!Exists("fish")) GTEST_SKIP() << "there is no fish";
  const auto complete = [&](const std::string& line) {
    Lines words;
    for (const std::string& offer :
         LinesOf(project_.Run("HOME=$PWD fish -c 'brine completion fish | source; complete -C \"" + line + "\"'")))
      words.push_back(offer.substr(0, offer.find('\t')));
    return words;
  };
  EXPECT_THAT(complete("brine tr"), ElementsAreArray({"train"}));
  EXPECT_THAT(complete("brine train --ep"), ElementsAreArray({"--epochs"}));
  EXPECT_THAT(complete("brine train --mode "), UnorderedElementsAreArray({"min", "max"}));
  EXPECT_THAT(complete("brine train --mode=ma"), ElementsAreArray({"--mode=max"}));
  EXPECT_THAT(complete("brine train dig"), ElementsAreArray({"digits.cc"}));
  EXPECT_THAT(complete("brine cache "), UnorderedElementsAreArray({"stats", "clean"}));
}

TEST(ManualPage, HasEveryCommandAndFlag) {
  const std::string page = RunCommand("brine man").out;
  for (const base::Flag& flag : base::kFlags) {
    std::string name = flag.name;
    for (size_t dash = 0; (dash = name.find('-', dash)) != name.npos; dash += 2) name.insert(dash, "\\");
    EXPECT_THAT(page, HasSubstr(".TP\n\\fB" + name + "\\fR")) << flag.name;
  }
  for (const std::string& line : LinesOf(RunCommand("brine --help").out)) {
    if (line.rfind("  brine ", 0) == 0 || line.rfind("  ", 0) != 0) continue;
    const std::string name = line.substr(2, line.find(' ', 2) - 2);
    EXPECT_THAT(page, HasSubstr(".TP\n\\fBbrine " + name + "\\fR")) << name;
  }
}

TEST(ManualPage, IsFormattedWithoutWarnings) {
  if (!Exists("groff")) GTEST_SKIP() << "there is no groff";
  const CommandResult page = RunCommand("brine man | groff -ww -man -Tutf8 -K utf8 -P -cbou");
  EXPECT_EQ(page.code, 0);
  EXPECT_EQ(page.err, "");
  EXPECT_THAT(page.out, AllOf(HasSubstr("\nEXIT STATUS\n"), HasSubstr("       --mode min|max\n")));
}

}  // namespace
}  // namespace brine

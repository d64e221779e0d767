#include "frontend/cli/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "ir/names.h"
#include "ir/status.h"
#include "runtime/base/choices.h"

namespace brine::cli {
namespace {

std::string Quoted(absl::string_view text) { return absl::StrCat("'", ir::Excerpt(text), "'"); }

bool IsFlag(absl::string_view text) { return text.size() > 1 && text[0] == '-'; }

// CLI11 gives some arguments a meaning that they do not have here: it takes the argument after `--flag=` for the value
// of the flag; it reads -o=FILE as the value =FILE; a word may be another command; and -- ends the flags.  Zero bytes,
// which no argument of a process can contain, prevent this:
//
//   --data= -o=net.so predict    becomes    --data=\0 -o\0=net.so\0 predict\0
//
// An argument that is only the name of a flag is not changed.
constexpr char kMark = '\0', kMarkedEquals[] = {kMark, '='};

std::string Marked(std::string argument) {
  const size_t equals = argument.find('=');
  if (absl::StartsWith(argument, "-") && equals == std::string::npos && argument != "--") return argument;
  if (IsFlag(argument) && equals == 2) argument.insert(equals, 1, kMark);
  return argument + kMark;
}

std::string Unmarked(absl::string_view text) {
  absl::ConsumePrefix(&text, absl::string_view(kMarkedEquals, sizeof(kMarkedEquals)));
  std::string plain(text);
  plain.erase(std::remove(plain.begin(), plain.end(), kMark), plain.end());
  return plain;
}

// How messages call an option.  CLI11 allows no blanks in names, which words such as "show SRC" have.
std::string NameOf(const CLI::Option& option) {
  return option.get_positional() ? option.get_description() : option.get_name();
}

bool IsSwitch(const CLI::Option& option) { return option.get_items_expected_max() == 0; }

// Whether the argument is a flag that may stand without its value, a number.  The tables write it as "[SECONDS]".
bool HasOptionalValue(absl::string_view argument) {
  const absl::Span<const base::Flag> flags = ToolFlags();
  return std::any_of(flags.begin(), flags.end(), [&](const base::Flag& flag) {
    return argument == flag.name && absl::StartsWith(flag.value, "[") && absl::EndsWith(flag.value, "]");
  });
}

bool IsWholeNumber(absl::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return absl::ascii_isdigit(c); });
}

// An error unless the value is one of the choices of the table's text, such as "stats|clean".
absl::Status CheckChoice(const std::string& claim, const std::string& value, const std::string& text) {
  const std::string wanted = base::WantedInstead(value, text);
  if (wanted.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(claim, " ", wanted, ", got ", Quoted(value)));
}

// The help of the tool, which lists its commands.
std::string Usage(const CLI::App& tool) {
  std::string text = "usage: brine COMMAND …\n\n";
  for (const CLI::App* command : tool.get_subcommands([](const CLI::App*) { return true; })) {
    std::string words;
    for (const CLI::Option* option : command->get_options()) {
      if (option->get_positional()) words = NameOf(*option);
    }
    absl::StrAppendFormat(&text, "  %-10s %-13s %s\n", command->get_name(), words, command->get_description());
  }
  return text + "\n" + tool.get_footer() + "\n";
}

// What a flag is for, beside the flag and its value, or below them if they are too long for their column.
std::string FlagHelp(const std::string& flag, const std::string& help) {
  const std::string separator = flag.size() > 26 ? absl::StrCat("\n", std::string(28, ' ')) : "";
  return absl::StrFormat("  %-26s%s %s\n", flag, separator, help);
}

// The help of a command, which lists its flags.
std::string Help(const CLI::App& command) {
  std::string words, flags;
  for (const CLI::Option* option : command.get_options()) {
    if (option == command.get_help_ptr()) continue;
    if (option->get_positional())
      absl::StrAppend(&words, " ", NameOf(*option));
    else
      absl::StrAppend(
          &flags, FlagHelp(absl::StrCat(option->get_name(), " ", option->get_type_name()), option->get_description()));
  }
  return absl::StrCat("usage: brine ", command.get_name(), words, flags.empty() ? "" : " [flags]", "\n",
                      command.get_description(), "\n", flags);
}

std::string Describe(const CLI::App* app, const std::string&, CLI::AppFormatMode) {
  return app->get_parent() == nullptr ? Usage(*app) : Help(*app);
}

// Reads command lines with CLI11.  Only the flags of the chosen command are added, since the others would delay the
// start.
class Tool {
 public:
  explicit Tool(absl::string_view chosen) {
    app_.formatter_fn(Describe);
    app_.footer(kFooter);
    app_.set_help_flag("-h,--help");
    app_.require_subcommand(1);
    for (const Command& command : AllCommands()) {
      CLI::App* const app = app_.add_subcommand(command.name, command.summary);
      AddWords(*app, command);
      if (chosen != command.name) continue;
      AddFlags(*app, command, ToolFlags(), /*forwarded=*/false);
      AddFlags(*app, command, base::kFlags, /*forwarded=*/true);
    }
  }

  absl::StatusOr<CommandLine> Read(absl::Span<char* const> arguments) {
    std::vector<std::string> marked;  // the last argument first, as CLI11 wants it
    for (size_t index = arguments.size(); index-- > 1;) {
      std::string argument = arguments[index];
      const bool has_number = index + 1 < arguments.size() && IsWholeNumber(arguments[index + 1]);
      if (HasOptionalValue(argument) && !has_number) argument += '=';  // so that it does not take the next word
      marked.push_back(Marked(argument));
    }
    const std::string first = arguments[0];
    marked.push_back(first == "help" ? "--help" : first);
    try {
      app_.parse(marked);
    } catch (const CLI::CallForHelp&) {
      return CommandLine{nullptr, {}, app_.help()};
    } catch (const CLI::ArgumentMismatch& error) {
      return NeedsValue(arguments.back(), error);
    } catch (const CLI::ParseError& error) {
      return Mistake(first, error);
    }
    return Result();
  }

 private:
  static constexpr char kFooter[] =
      "MODEL is model.cc, .pb, .pbtxt, .ir or a compiled program.  brine COMMAND --help lists the flags.\n"
      "  brine train examples/cifar10_cnn/model.cc --epochs 3\n"
      "  brine compile examples/cifar10_cnn/model.cc -o cifar10_cnn && ./cifar10_cnn train";

  static void AddWords(CLI::App& app, const Command& command) {
    if (command.most_words == 0) return;
    CLI::Option* const words = app.add_option("words", CLI::callback_t(), command.words);
    if (command.most_words == kAnyNumber) words->expected(-1);
    words->required(command.least_words > 0)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  }

  void AddFlags(CLI::App& app, const Command& command, absl::Span<const base::Flag> flags, bool forwarded) {
    for (const base::Flag& flag : flags) {
      if ((flag.commands & command.bit) == 0) continue;
      CLI::Option* const option = *flag.value == '\0'
                                      ? app.add_flag(flag.name)
                                      : app.add_option(flag.name, CLI::callback_t())->type_name(flag.value);
      option->description(flag.help)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
      if (forwarded) forwarded_.insert(option);
    }
  }

  // The error for a flag without its value.  CLI11 reports this only if the flag is the last argument.
  absl::Status NeedsValue(const std::string& last, const CLI::ParseError& error) const {
    const CLI::Option* const option = Chosen()->get_option_no_throw(last);
    return absl::InvalidArgumentError(
        option == nullptr ? error.what()
                          : absl::StrCat(option->get_name(), " needs a value: ", option->get_type_name()));
  }

  const CLI::App* Chosen() const {
    const std::vector<CLI::App*> chosen = app_.get_subcommands();
    return chosen.empty() ? nullptr : chosen[0];
  }

  // The error for an unknown command, an argument that is not expected, or one that is missing.
  absl::Status Mistake(const std::string& first, const CLI::ParseError& error) const {
    const CLI::App* const command = Chosen();
    if (command == nullptr || command->get_name() != first) return UnknownCommand(first);
    const std::vector<std::string> unexpected = command->remaining();
    if (!unexpected.empty()) return Unexpected(*command, Unmarked(unexpected[0]));
    for (const CLI::Option* option : command->get_options()) {
      if (option->get_required() && option->count() == 0)
        return absl::InvalidArgumentError(absl::StrCat(first, " needs ", NameOf(*option)));
    }
    return absl::InvalidArgumentError(error.what());
  }

  absl::Status UnknownCommand(const std::string& name) const {
    std::vector<absl::string_view> known;
    for (const Command& command : AllCommands()) known.push_back(command.name);
    return absl::InvalidArgumentError(absl::StrCat("unknown command ", Quoted(name), ir::DidYouMean(name, known)));
  }

  static absl::Status Unexpected(const CLI::App& command, const std::string& argument) {
    if (!IsFlag(argument))
      return absl::InvalidArgumentError(absl::StrCat(command.get_name(), " does not take ", Quoted(argument)));
    const std::string name = argument.substr(0, argument.find('='));
    for (const Command& other : AllCommands()) {
      for (const base::Flag& flag : FlagsOf(other)) {
        if (name == flag.name)
          return absl::InvalidArgumentError(absl::StrCat(name, " is not a flag of ", command.get_name()));
      }
    }
    std::vector<std::string> names;
    for (const CLI::Option* option : command.get_options()) names.push_back(option->get_name());
    return absl::InvalidArgumentError(
        absl::StrCat("unknown flag ", Quoted(name),
                     ir::DidYouMean(name, std::vector<absl::string_view>(names.begin(), names.end()))));
  }

  // The command with its words and flags, in the order of the command line.
  absl::StatusOr<CommandLine> Result() const {
    const CLI::App* const app = Chosen();
    CommandLine line;
    line.command = std::find_if(AllCommands().begin(), AllCommands().end(),
                                [&](const Command& command) { return app->get_name() == command.name; });
    std::map<const CLI::Option*, size_t> seen;
    for (const CLI::Option* option : app->parse_order()) {
      const std::string value = option->results()[seen[option]++];
      if (option->get_positional()) {
        line.arguments.words.push_back(Unmarked(value));
        if (line.arguments.words.size() > 1) continue;
        const std::string words = option->get_description();
        BRINE_RETURN_IF_ERROR(
            CheckChoice(app->get_name() + " takes", line.arguments.words[0], words.substr(0, words.find(' '))));
        continue;
      }
      if (IsSwitch(*option) && value != "true")
        return absl::InvalidArgumentError(absl::StrCat(option->get_name(), " takes no value"));
      const std::string plain = IsSwitch(*option) ? "" : Unmarked(value);
      BRINE_RETURN_IF_ERROR(CheckChoice(option->get_name() + " must be", plain, option->get_type_name()));
      AddFlag(*option, plain, line.arguments);
    }
    return line;
  }

  void AddFlag(const CLI::Option& option, const std::string& value, Arguments& arguments) const {
    const std::string name = option.get_name();
    arguments.flags[name.substr(name.find_first_not_of('-'))] = value;
    if (forwarded_.count(&option) == 0) return;
    arguments.forwarded.push_back(name);
    if (!IsSwitch(option)) arguments.forwarded.push_back(value);
  }

  std::set<const CLI::Option*> forwarded_;  // the flags that are passed on to the compiled program
  CLI::App app_;
};

}  // namespace

absl::StatusOr<CommandLine> ReadCommandLine(absl::Span<char* const> arguments) {
  absl::StatusOr<CommandLine> line = Tool(arguments[0]).Read(arguments);
  if (line.ok()) line->arguments.typed.assign(arguments.begin(), arguments.end());
  return line;
}

}  // namespace brine::cli

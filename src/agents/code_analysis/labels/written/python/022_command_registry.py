import argparse
import sys
from collections.abc import Callable
from datetime import date

Handler = Callable[[argparse.Namespace], int]
COMMANDS: dict[str, tuple[Handler, Callable[[argparse.ArgumentParser], None]]] = {}


def command(name, configure=lambda parser: None):
    def register(func):
        COMMANDS[name] = (func, configure)
        return func

    return register


def _exec_options(parser):
    parser.add_argument("--day", type=date.fromisoformat, default=date.today())
    parser.add_argument("--dry-run", action="store_true")


@command("execute", _exec_options)
def execute(args):
    verb = "would process" if args.dry_run else "processing"
    print(f"{verb} {args.day:%Y-%m-%d}")
    return 0


@command("status")
def status(args):
    print(f"{len(COMMANDS)} commands are available")
    return 0


def build_parser():
    parser = argparse.ArgumentParser(prog="batch")
    sub = parser.add_subparsers(dest="command", required=True)
    for name, (_, configure) in sorted(COMMANDS.items()):
        configure(sub.add_parser(name))
    return parser


def main(argv=None):
    args = build_parser().parse_args(argv)
    handler, _ = COMMANDS[args.command]
    return handler(args)


if __name__ == "__main__":
    sys.exit(main())

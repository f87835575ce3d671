#!/usr/bin/env python3
"""The part of Typst's command line that Mamorite uses, over the PyPI wheel `typst`, which has no command.

    typst compile [--root DIR] [--font-path DIR]... [--ignore-system-fonts] [--pdf-standard a-2b[,…]]
                  [--input KEY=VALUE]... [--format pdf|png|svg] [--ppi N] IN OUT
    typst fonts [--font-path DIR]... [--ignore-system-fonts]
    typst --version

Warnings and errors go to stderr as the real command prints them; a failed compilation exits with 1.
`make setup` writes this file to .venv/bin/typst with the venv's own Python in the first line.
"""

import argparse
import sys

import typst


def arguments():
    fonts = argparse.ArgumentParser(add_help=False)
    fonts.add_argument("--font-path", action="append", default=[], metavar="DIR")
    fonts.add_argument("--ignore-system-fonts", action="store_true")

    parser = argparse.ArgumentParser(prog="typst")
    parser.add_argument("-V", "--version", action="version", version=f"typst {typst.__version__} (Python wheel)")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("fonts", parents=[fonts])
    compile_ = commands.add_parser("compile", aliases=["c"], parents=[fonts])
    compile_.add_argument("--root", metavar="DIR")
    compile_.add_argument("--pdf-standard", action="append", default=[], metavar="NAME[,NAME]")
    compile_.add_argument("--input", action="append", default=[], metavar="KEY=VALUE")
    compile_.add_argument("-f", "--format", choices=["pdf", "png", "svg"])
    compile_.add_argument("--ppi", type=float)
    compile_.add_argument("source", metavar="IN")
    compile_.add_argument("output", metavar="OUT")
    return parser.parse_args()


def compile_document(options):
    inputs = {}
    for pair in options.input:
        key, sign, value = pair.partition("=")
        if not key or not sign:
            raise ValueError(f"--input takes KEY=VALUE, not {pair!r}")
        inputs[key] = value
    _, warnings = typst.compile_with_warnings(
        options.source,
        options.output,
        root=options.root,
        font_paths=options.font_path,
        ignore_system_fonts=options.ignore_system_fonts,
        format=options.format,
        ppi=options.ppi,
        sys_inputs=inputs,
        pdf_standards=[name for given in options.pdf_standard for name in given.split(",")],
    )
    for warning in warnings:
        print(warning.diagnostic, file=sys.stderr)


def main():
    options = arguments()
    try:
        if options.command == "fonts":
            found = typst.Fonts(
                include_system_fonts=not options.ignore_system_fonts, font_paths=options.font_path
            )
            print("\n".join(found.families()))
        else:
            compile_document(options)
    except typst.TypstError as error:
        print(error.diagnostic or f"error: {error.message}", file=sys.stderr)
        return 1
    except (OSError, RuntimeError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

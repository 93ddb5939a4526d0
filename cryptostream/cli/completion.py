"""`cryptostream completion`: the script that completes commands and options in a shell."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from cryptostream.cli.exits import Exit

_USE = {
    "bash": 'eval "$(cryptostream completion bash)"',
    "zsh": 'eval "$(cryptostream completion zsh)"',
    "fish": "cryptostream completion fish | source",
}


@click.command()
@click.argument("shell", type=click.Choice(sorted(_USE)))
def completion(shell: str) -> int:
    """Print the completion script for SHELL; its first line says how to load it."""
    found = get_completion_class(shell)
    root = click.get_current_context().find_root().command
    if found is None:
        raise click.UsageError(f"{shell} is not supported")
    script = found(root, {}, "cryptostream", "_CRYPTOSTREAM_COMPLETE").source()
    print(f"# load it with: {_USE[shell]}\n{script}")
    return Exit.OK

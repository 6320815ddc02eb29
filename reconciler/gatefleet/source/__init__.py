"""The files of one commit as documents with line and column: read strictly, each checked against its schema."""

from gatefleet.source.document import Document
from gatefleet.source.git import is_ancestor, resolve_commit
from gatefleet.source.layout import Kind
from gatefleet.source.read import Sources, read_commit, read_worktree

__all__ = ["Document", "Kind", "Sources", "is_ancestor", "read_commit", "read_worktree", "resolve_commit"]

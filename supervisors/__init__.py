"""Supervision trees for asyncio: one semantics for a child process and a child task.

Import from the module that defines a name: ``supervisors.spec``, ``supervisors.supervisor``.
"""

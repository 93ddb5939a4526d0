"""The symbol directory: says early, without a browser, whether a symbol exists.

Its listings come from the public REST interfaces of the exchanges, are kept on disk with their
age and fetched again in the background. A check that was not possible is ``unknown``, never
``invalid``.
"""

"""All that can be shown, as data: one frozen dataclass for each kind of reply and of pane.

    base      View: what they have in common, to_json and back
    schema    the JSON Schema of each kind, from the dataclass's types
    radix     how a word is written

The others are the kinds themselves, with the pure functions that make them. `vliwdbg.render` makes
text of them.
"""

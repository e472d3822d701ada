"""Small documents for every construct of CommonMark and of GitHub's tables, and for the corners where they meet."""

CORPUS = [
    # tabs
    "\tcode", "  \tcode", "a\n\tb", "-\tone\n\n\ttwo", "- one\n\n\t\tcode in item", ">\t\tcode in quote", "1.\tone\n\n\ttwo",
    "- a\n\t- b\n\t\t- c", "#\ttitle", "*\t*\t*\t", "```\n\ttab\n```", "\t\ttwo tabs", " \t three", "-\t\tcode",
    # rules
    "***", "---", "___", "+++", "--", "- - -", " **  * ** * ** * **", "_ _ _ a", "a\n***\nb", "- a\n***\n- b", "* a\n* * *\n* b",
    "- a\n- * * *", "   ---", "    ---", "*-*", "-----------------------------",
    # ATX headings
    "# one", "## two", "###### six", "####### seven", "#no", "#", "## ", "# a #", "## a ##   ", "### a ### b", "# a#", "# a \\#",
    "#\n#\n#", "   # three spaces", "    # four spaces", "a\n# b\nc", "# *a* `b`", "### ###", "# a\n## b\ntext", "\\# no",
    # setext headings
    "a\n=", "a\n---", "a\nb\n===", "a\n   ====  ", "a\n    ---", "a\n= =", "a\n--- -", "a\\\n---", "---\n---", "- a\n---", "> a\n---",
    "a\n\n---", "\na\n---\nb", "`a\n---\nb`", "    a\n---", "- a\n  ===", "> a\n> ===", "===", "a\n===\n===", "[a]: /x\n===", "a\nb\n-",
    # indented code
    "    a\n      b", "    a\n\n    b", "    a\n\n\n    b\n", "a\n    b", "    a\nb", "- a\n\n      code", "    \n    a\n    ", "1.  a\n\n    - b",
    "# h\n    code\nh\n--\n    code", "        a\n    b", "    a  ", "- a\n\n        code\n  b", ">     code", "    a\n\n\nb",
    # fences
    "```\na\n```", "~~~\na\n~~~", "``\na\n``", "```\na\n~~~", "````\na\n```\n``````", "```", "```\n\n```", "```\n```", "> ```\n> a\n\nb",
    " ```\n a\na\n```", "  ```\na\n  a\na\n  ```", "   ```\n   a\n    a\n  a\n   ```", "    ```\n    a\n    ```", "```\na\n  ```", "```\na\n    ```",
    "``` ```\na", "~~~~~~\na\n~~~ ~~", "a\n```\nb\n```\nc", "a\n---\n~~~\nb\n~~~\n# c", "```ruby\ndef f\nend\n```", "~~~~ ruby x=1 $%@\na\n~~~~~~~",
    "````;\n````", "``` a`b ```\nc", "~~~ a ``` ~~~\nb\n~~~", "```\n``` a\n```", "- ```\n  a\n  ```", "- ```\n  a\nb", "1. ~~~\n   a\n   ~~~\n2. b",
    "- a\n  ```\n  x\n\n  y\n  ```\n- b", "> - ```\n>   a\n>   ```\n> b", "```\n# no\n- no\n> no\n```", "```\n    a\n```", "```\na\n\n\n",
    # HTML
    "<div>\na\n</div>", "<div>\n*a*\n\n*b*\n</div>", "<!-- a\n\nb -->\nc", "<!-- a -->b\nc", "<?php\n\n?>\na", "<!DOCTYPE html>", "<![CDATA[\n\n]]>\na",
    "<script>\n\nx\n</script>\na", "<style>a\n\nb</style>c", "<pre>\n\na</pre>", "<textarea>\n\n*a*\n</textarea>", "<a href='x'>\n*b*\n</a>", "</ins>\nb",
    "<del>*a*</del>", "a\n<div>\nb", "a\n<a>\nb", "> <div>\n> a\n\nb", "- <div>\n- a", "   <div>\na", "    <div>", "<Warning>\na", "<i class='x'>\nb\n\nc",
    "<table><tr><td>\n<pre>\n**a**,\n\n_b_.\n</pre>\n</td></tr></table>", "<br/>\na", "<33>\na", "<search>\na\n", "<div\na", "<!-- -->\n\n    a",
    # definitions
    "[a]: /x\n\n[a]", "[a]: \n/x\n'y'\n\n[a]", "[a]: <x y>\n\n[a]", "[a]:\n\n[a]", "[a]: /x 'y' z", "[a]: /x\n'y' z", "    [a]: /x", "```\n[a]: /x\n```",
    "b\n[a]: /x\n\nc", "# [a]\n[a]: /x\n> b", "[a]: /x\nb\n===\n[a]", "[a]: /x\n[b]: /y\n[c]: /z\nd", "> [a]: /x\n\n[a]", "[a]\n\n[a]: /x\n[a]: /y", "- [a]: /x\n- b",
    "[a]: /x 'title\nover lines'\nb", "[a]: /x 'unfinished\n\nb", "[a\nb]: /x", "[]: /x", "[a]: </x>\n\n", "[a]: /x\n# h",
    # paragraphs and blank lines
    "a\n\nb", "a\nb\n\nc\nd", "a\n\n\nb", "  a\n b", "   a\nb", "    a\nb", "a     \nb     ", "\n\na\n  \n\n# b\n\n", "", "\n", " \n ", "a\\\nb", "a  \nb",
    # quotes
    "> # a\n> b\n> c", "># a\n>b", "   > a\n > b", "    > a", "> a\nb", "> a\nb\n> c", "> a\n---", "> - a\n- b", ">     a\n    b", "> ```\na\n```", "> a\n    - b",
    ">", ">\n>  \n> ", ">\n> a\n>  ", "> a\n\n> b", "> a\n> b", "> a\n>\n> b", "a\n> b", "> a\n***\n> b", "> a\n\nb", "> a\n>\nb", "> > > a\nb", ">>> a\n> b\n>>c",
    ">     code\n\n>    no", "> 1. a\n> 2. b\n>\n>    c\n\nd", "> - a\n> \n>   b\n> c", "> a\n# b", "> > a\n> # b",
    # list items
    "a\n- b", "1.  a\n    b\n\n        c\n\n    > d", "- a\n\n b", "- a\n\n  b", " -    a\n\n     b", " -    a\n\n      b", "   > > 1.  a\n>>\n>>     b", ">>- a\n>>\n  >  > b",
    "-a\n\n2.a", "- a\n\n\n  b", "1.  a\n\n    ```\n    b\n    ```\n\n    c\n\n    > d", "- A\n\n      b\n\n\n      c", "123456789. a", "1234567890. a", "0. a", "003. a", "-1. a",
    "- a\n\n      b", "  10.  a\n\n           b", "    a\n\nb\n\n    c", "1.     a\n\n   b\n\n       c", "1.      a\n\n   b", "   a\n\nb", "-    a\n\n  b", "-  a\n\n   b",
    "-\n  a\n-\n  ```\n  b\n  ```\n-\n      c", "-   \n  a", "-\n\n  a", "- a\n-\n- b", "- a\n-   \n- b", "1. a\n2.\n3. b", "*", "a\n*\n\nb\n1.", " 1.  a\n     b\n\n         c",
    "    1.  a\n        b", "  1.  a\nb\n\n          c", "  1.  a\n    b", "> 1. > a\nb", "> 1. > a\n> b", "- a\n  - b\n    - c\n      - d", "- a\n - b\n  - c\n   - d", "10) a\n    - b", "10) a\n   - b",
    "- - a", "1. - 2. a", "- # a\n- b\n  ---\n  c", "+ a\n+ b", "- a\n\n\n\n  b\n", "-\n-\n-", "- a\n  b\nc", "- a\n\nb",
    # lists
    "- a\n- b\n+ c", "1. a\n2. b\n3) c", "a\n- b\n- c", "a\n14. b", "a\n1. b", "- a\n\n- b\n\n\n- c", "- a\n  - b\n    - c\n\n\n      d", "- a\n- b\n\n<!-- -->\n\n- c\n- d", "-   a\n\n    b\n\n-   c\n\n<!-- -->\n\n    d",
    "- a\n - b\n  - c\n   - d\n  - e\n - f\n- g", "1. a\n\n  2. b\n\n   3. c", "- a\n - b\n  - c\n   - d\n    - e", "1. a\n\n  2. b\n\n    3. c", "- a\n- b\n\n- c", "* a\n*\n\n* c", "- a\n- b\n\n  c\n- d",
    "- a\n- b\n\n  [r]: /x\n- d", "- a\n- ```\n  b\n\n\n  ```\n- c", "- a\n  - b\n\n    c\n- d", "* a\n  > b\n  >\n* c", "- a\n  > b\n  ```\n  c\n  ```\n- d", "- a", "- a\n  - b", "1. ```\n   a\n   ```\n\n   b",
    "* a\n  * b\n\n  c", "- a\n  - b\n  - c\n\n- d\n  - e\n  - f", "9. a\n10. b\n11. c", "1. a\n1. b\n1. c", "5. a\n1. b", "- [ ] a\n- [x] b\n- [X] c\n- [] d\n- [ ]e", "- a\n\n  > b\n\n- c\n\n\n\nd",
    # tables
    "| a | b |\n|---|---|\n| c | d |", "a | b\n--|--\nc | d", "| a |\n|---|\n| b |", "| a | b |\n|:-:|--:|\n| c | d |\n\ne", "| a | b |\n|---|\n| c |", "| a | b |\n|---|---|\n| c |\n| c | d | e |", "| a |\n|---|\nb",
    "| a |\n|---|\n> b", "| a |\n|---|\n- b", "| a |\n|---|\n# b", "| a |\n|---|\n```\nb\n```", "x\n| a | b |\n|---|---|\n| c | d |", "| a \\| b | c |\n|---|---|\n| d \\| e | f |", "> | a |\n> |---|\n> | b |\nc",
    "- | a |\n  |---|\n  | b |\n- c", "| a |\n |---|\n  | b |", "| a |\n|---|\n    b", "|a|b|\n|-|-|", "a\n|---|", "| a |\n| --- |\n\n| b |", "| a | b |\n| :-- | :-: |\n|  |  |", "|---|\n|---|", "| a |\n|===|",
    # inline corners that touch blocks
    "`a\nb`", "**a\nb**", "<b>a</b>", "![a](b)", "a <!-- b -->", "\\- a", "\\> a", "1\\. a", "&#42; a", "a\n\\---", "a\u00a0b", "日本語\n日本語", "é\n===", "\U0001f600 a\n- b",
]

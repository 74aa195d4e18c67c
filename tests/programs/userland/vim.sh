#!/bin/sh
# vim.tiny as a stream editor, less and the pager's filters, without a terminal.
cd /tmp; seq 1 200 >f
vim.tiny -es -u NONE -N f <<'END'
:1,10d
:%s/^1\(.*\)$/one \1/
:g/5$/normal Afive
:$
:r !echo appended
:w g
:q!
END
echo "$?"; head -5 g; tail -3 g; wc -l g f; md5sum g; vim.tiny -es -u NONE --cmd 'version' +q 2>&1 | grep -c VIM; less -E f | tail -1; less --version | head -1 | cut -d' ' -f1; TERM=dumb more f | tail -1

#!/bin/sh
# git: init, add, commit, branch, merge, log, diff, blame, stash, gc, fsck, clone.
set -e; cd /tmp; export HOME=/tmp GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=A GIT_COMMITTER_EMAIL=a@b GIT_AUTHOR_DATE=2020-01-01T00:00:00Z GIT_COMMITTER_DATE=2020-01-01T00:00:00Z GIT_PAGER=cat
git init -q -b main r; cd r
for i in 1 2 3 4 5; do seq 1 $((i * 40)) >"f$i"; git add .; git commit -q -m "commit $i"; done
git checkout -q -b side; sed -i 's/^7$/seven/' f3; git commit -qam 'side change'; git checkout -q main; echo more >>f5; git commit -qam 'main change'
git merge -q --no-edit side; git log --oneline --graph; git diff --stat HEAD~3; git blame -s f3 | sed -n 7p; echo stash >>f1; git stash -q; git status --short; git stash pop -q; git status --short; git checkout -q f1
git gc -q; git count-objects -v; git fsck --no-progress; git clone -q . /tmp/c; cd /tmp/c; git log -1 --format='%H %s'; git rev-parse HEAD^{tree}; git grep -n seven; git tag -a v1 -m one; git describe; git format-patch -1 --stdout HEAD^ | tail -8; git archive HEAD | tar -t | wc -l; git -c core.preloadindex=true status --porcelain=v2 --branch

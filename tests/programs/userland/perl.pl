#!/usr/bin/perl
# Perl: regular expressions, hashes, sorting, closures, pipes, fork, sockets of files, pack, sprintf, local time.
use strict; use warnings; use POSIX qw(floor strftime :sys_wait_h); use List::Util qw(sum max first reduce); use Data::Dumper; use File::Temp qw(tempfile); use IO::Handle; use Time::HiRes;
$Data::Dumper::Sortkeys = 1; $Data::Dumper::Indent = 1; $| = 1;
my %h = map { $_ => $_ ** 2 } 1 .. 10; print join(',', map { "$_=$h{$_}" } sort { $a <=> $b } keys %h), "\n";
my @primes = grep { my $n = $_; $n > 1 && !first { $n % $_ == 0 } 2 .. sqrt $n } 1 .. 200; print scalar(@primes), " ", sum(@primes), " ", max(@primes), "\n";
my $text = "The year 1999 and 2024, but not 12345"; my @years = $text =~ /\b(\d{4})\b/g; print "@years\n"; (my $t = $text) =~ s/(\w+)/\u\L$1/g; print "$t\n";
print Dumper({ list => [1, 2, { a => undef }], code => ref sub { 1 } });
my $total = reduce { $a * $b } 1 .. 15; print "$total ", sprintf('%.6e %b %o %X', $total, 10, 64, 255), "\n";
my ($fh, $name) = tempfile(DIR => '/tmp'); print $fh "line $_\n" for 1 .. 1000; close $fh; open my $in, '<', $name or die; my $c = 0; $c += length while <$in>; print "$c ", -s $name, "\n"; unlink $name; print -e $name ? "there\n" : "gone\n";
pipe(my $r, my $w) or die; my $pid = fork; if (!$pid) { close $r; print $w "from child\n"; close $w; POSIX::_exit(9) } close $w; print scalar <$r>; waitpid $pid, 0; print $? >> 8, "\n";
print `echo backtick; exit 2`, $? >> 8, "\n"; local $SIG{ALRM} = sub { die "alarm\n" }; eval { alarm 1; select undef, undef, undef, 5; }; print $@;
print unpack('H*', pack('NnCa4w', 1, 2, 3, 'abcd', 300)), "\n", strftime('%F %T', gmtime 1e9), "\n"; my $s = join '', map { chr(65 + $_ % 26) } 1 .. 5000; print length($s), ' ', unpack('%32C*', $s), "\n";
my @sorted = sort { $a->[1] <=> $b->[1] || $a->[0] cmp $b->[0] } map { [$_, length] } qw(pear fig banana apple kiwi); print join(' ', map { $_->[0] } @sorted), "\n";
my $nested = qr/\((?:[^()]++|(?R))*\)/; print "balanced $&\n" if 'f(a(b)c(d(e)))' =~ $nested; local $@; eval { die { code => 42 } }; print $@->{code}, "\n"; print floor(-3.5), ' ', 7 <=> 3, ' ', 'a' x 5, ' ', join('', reverse split //, 'stressed'), "\n";

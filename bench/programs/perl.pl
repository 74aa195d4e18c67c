#!/usr/bin/perl
# Perl: hashes, sorting, regular expressions, string building, recursion.
use strict;
use warnings;
my (%frequency, %pages);
for my $i (1 .. 25000) {
    my $line = sprintf '%d host%d GET /page/%d %d', $i, $i * 7919 % 97, $i * 31 % 1009, $i * $i % 5003;
    if ($line =~ m{^(\d+) (\w+) (GET|POST) (/\S*) (\d+)$}) {
        $frequency{$2} += $5;
        push @{ $pages{$4} }, $1;
    }
    (my $copy = $line) =~ s/(\d)(\d)/$2$1/g;
    $frequency{length $copy}++;
}
my @hosts = sort { $frequency{$b} <=> $frequency{$a} || $a cmp $b } keys %frequency;
print "$hosts[0] $frequency{$hosts[0]} ", scalar(keys %pages), "\n";
my @numbers = map { $_ * 7919 % 100003 } 1 .. 40000;
my @sorted = sort { $a <=> $b } @numbers;
my $sum = 0;
$sum += $sorted[$_] * ($_ % 7) for 0 .. $#sorted;
print "$sum\n";
sub queens {
    my ($n, $row, $columns, $rising, $falling) = @_;
    return 1 if $row == $n;
    my $total = 0;
    for my $c (0 .. $n - 1) {
        next if $columns->[$c] || $rising->[ $row + $c ] || $falling->[ $row - $c + $n ];
        $columns->[$c] = $rising->[ $row + $c ] = $falling->[ $row - $c + $n ] = 1;
        $total += queens($n, $row + 1, $columns, $rising, $falling);
        $columns->[$c] = $rising->[ $row + $c ] = $falling->[ $row - $c + $n ] = 0;
    }
    return $total;
}
print queens(7, 0, [], [], []), "\n";
my $text = join ' ', map { chr(97 + $_ % 26) x ($_ % 9) } 1 .. 20000;
my %words;
$words{$_}++ for split ' ', $text;
my $changed = () = $text =~ /(\w)\1{3,}/g;
print scalar(keys %words), " $changed ", length($text =~ tr/a-m/n-z/r), "\n";

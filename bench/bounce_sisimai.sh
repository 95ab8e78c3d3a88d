#!/bin/bash
# The same mails read by Candor and by Sisimai, the Perl library that Debian packages
# (libsisimai-perl): mails a second of processor time, and how many yielded a recipient.
#   bounce_sisimai.sh BENCH_BOUNCE FOLDER    FOLDER: mails, one a file
set -u
program=${1:?usage: bounce_sisimai.sh BENCH_BOUNCE FOLDER} folder=${2:?usage: bounce_sisimai.sh BENCH_BOUNCE FOLDER}
mapfile -d '' mails < <(find "$folder" -type f -print0 | sort -z)
[ ${#mails[@]} -gt 0 ] || { echo "bounce_sisimai: no mails in $folder: nothing to measure"; exit 0; }
echo -n "candor:  "
"$program" "${mails[@]}"
echo -n "         recipients in "
"$program" -p "${mails[@]}" | awk -F'\t' 'NF > 3 && $3 != "" { seen[$1] = 1 } END { n = 0; for (f in seen) n++; print n " mails" }'
perl -MSisimai -e 1 2>/dev/null || { echo "sisimai: not installed (apt-get install libsisimai-perl): not measured"; exit 0; }
echo -n "sisimai: "
perl -MSisimai -e '
    my ($read, $begin) = (0, (times)[0]);
    for my $mail (@ARGV) {
        my $found = Sisimai->make($mail, delivered => 1);
        $read++ if $found && @$found;
    }
    my $seconds = (times)[0] - $begin || 0.01;
    printf "%.0f mails/s\n         recipients in %d mails\n", @ARGV / $seconds, $read;
' "${mails[@]}" 2>/dev/null

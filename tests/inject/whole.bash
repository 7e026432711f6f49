# SPDX-License-Identifier: BSD-2-Clause
for i in $(seq 100); do a[$i]=$((i * i)); done
echo "${a[@]}"
f() { local x=$1; ((x <= 0)) || f $((x - 1)); }
f 50
echo "$(echo sub | tr a-z A-Z)"
printf '%s\n' {1..50} | sort -rn | head -n 3
trap 'echo usr1' USR1
kill -USR1 $$
read -r x <<<"here"
echo "$x" "${x/h/t}" "${x^^}"
case abc in a*) echo yes ;; esac

#!/bin/sh
# Print the state of the mount point PATH, where SOURCE should be mounted with every OPTION:
#   empty          not mounted, and no files in the directory
#   files          not mounted, and files in the directory
#   file           not mounted, and not a directory
#   link TARGET    the path leads through a symbolic link to TARGET
#   mounted        SOURCE is mounted with these options
#   different      another source or other options are mounted
#   stale          the file handle of the mount is stale (ESTALE)
#   unresponsive   the server does not answer
# Options are compared by their meaning: `vers=4` with the minor version that was negotiated, `actimeo`
# with the four times that it sets. Options that the kernel does not show (nfs(5): nconnect, rsize,
# retry, _netdev) are not compared: the role compares them with the mount unit.
# Usage: mount_state.sh PATH SOURCE [OPTION...]
set -u
timeout=20 # seconds

path=$1 source=$2
shift 2
options=$(IFS=,; echo "$*")
export path source options

# Print nothing (not mounted), `different`, or `same`. The last mount of a path is the visible one.
compare() {
  awk '
    # proc_pid_mounts(5): blanks, tabs, newlines and backslashes are octal escapes.
    function decoded(text,   out, code) {
      while (match(text, /\\[0-7][0-7][0-7]/)) {
        code = substr(text, RSTART + 1, 3)
        code = substr(code, 1, 1) * 64 + substr(code, 2, 1) * 8 + substr(code, 3, 1)
        out = out substr(text, 1, RSTART - 1) sprintf("%c", code)
        text = substr(text, RSTART + 4)
      }
      return out text
    }
    function host_in_lower_case(text,   at) {
      at = index(text, ":/")
      return tolower(substr(text, 1, at)) substr(text, at + 1)
    }
    function shows(word) { return index("," shown ",", "," word ",") > 0 }
    function value(key, absent) {
      if (!match("," shown ",", "," key "=[^,]*,")) return absent
      return substr("," shown ",", RSTART + length(key) + 2, RLENGTH - length(key) - 3)
    }
    # The last of several words for the same thing applies, as in mount(8).
    function want(word,   key, arg) {
      key = word; sub(/=.*/, "", key)
      arg = word; if (!sub(/^[^=]*=/, "", arg)) arg = ""
      if (word == "defaults") { flag["ro"] = flag["nosuid"] = flag["nodev"] = flag["noexec"] = flag["sync"] = 0 }
      else if (word == "rw") flag["ro"] = 0
      else if (word == "async") flag["sync"] = 0
      else if (word ~ /^(ro|sync)$/) flag[word] = 1
      else if (word ~ /^(suid|dev|exec|diratime|cto|ac|sharecache|resvport)$/) flag["no" word] = 0
      else if (word ~ /^no(suid|dev|exec|diratime|cto|ac|sharecache|resvport)$/) flag[word] = 1
      else if (word ~ /^(noatime|relatime|strictatime|atime)$/) access_time = word
      else if (word ~ /^(hard|soft|softerr)$/) recovery = word
      else if (key ~ /^(vers|nfsvers)$/) version = arg
      else if (word ~ /^v[234](\.[0-9])?$/) version = substr(word, 2)
      else if (key == "minorversion") minor = arg
      else if (key == "lookupcache") lookups = arg
      else if (key == "actimeo") age["acregmin"] = age["acregmax"] = age["acdirmin"] = age["acdirmax"] = arg
      else if (key ~ /^ac(reg|dir)(min|max)$/) age[key] = arg
      else if (key ~ /^(timeo|retrans|sec|xprtsec)$/) setting[key] = arg
      else if (key == "proto") protocol = arg
      else if (word ~ /^(tcp|udp|rdma)$/) protocol = word
    }
    function differs(   key, found) {
      if (!("ro" in flag)) flag["ro"] = 0
      for (key in flag) if (shows(key) != flag[key]) {
        if (key == "sync" && shows("noac")) continue # noac implies sync
        return 1
      }
      if (access_time == "noatime" && !shows("noatime")) return 1
      if (access_time == "relatime" && !shows("relatime")) return 1
      if (access_time ~ /^(atime|strictatime)$/ && shows("noatime")) return 1
      if (access_time == "strictatime" && shows("relatime")) return 1
      if (recovery == "hard" && (shows("soft") || shows("softerr"))) return 1
      if (recovery ~ /^soft/ && !shows(recovery)) return 1
      if (minor != "" && version == "4") version = "4." minor
      if (version != "") {
        found = value("vers", "")
        if (found != version && !(version == "4" && found ~ /^4/)) return 1
      }
      if (lookups != "") {
        found = value("lookupcache", "all")
        if (substr(found, 1, 3) != substr(lookups, 1, 3)) return 1 # pos, positive
      }
      if (!shows("noac")) for (key in age) if (value(key, ages[key]) + 0 != age[key] + 0) return 1
      if ("timeo" in setting) { # in tenths of a second, at most ten minutes
        found = setting["timeo"] + 0 > 6000 ? 6000 : setting["timeo"] + 0
        if (value("timeo", found) + 0 != found) return 1
      }
      if ("retrans" in setting && value("retrans", setting["retrans"]) + 0 != setting["retrans"] + 0) return 1
      if ("sec" in setting && index(":" setting["sec"] ":", ":" value("sec", "sys") ":") == 0) return 1
      if ("xprtsec" in setting && value("xprtsec", "none") != setting["xprtsec"]) return 1
      if (protocol == "") return 0
      found = value("proto", protocol)
      sub(/6$/, "", found); sub(/6$/, "", protocol) # tcp6 is TCP over IPv6
      return found != protocol
    }
    BEGIN { ages["acregmin"] = 3; ages["acregmax"] = 60; ages["acdirmin"] = 30; ages["acdirmax"] = 60 }
    decoded($2) == ENVIRON["path"] { mounted = 1; what = decoded($1); type = $3; shown = $4 }
    END {
      if (!mounted) exit
      bind = ENVIRON["source"] ~ /^\//
      number = split(ENVIRON["options"], words, ",")
      for (i = 1; i <= number; i++) want(words[i])
      gsub(/\/\/+/, "/", what)
      if (what !~ /:\/$/) sub(/\/$/, "", what)
      if (bind ? type ~ /^nfs/ : host_in_lower_case(what) != host_in_lower_case(ENVIRON["source"]))
        print "different"
      else print differs() ? "different" : "same"
    }' "${HEIRLOOM_MOUNTS:-/proc/self/mounts}"
}

comparison=$(compare)
case $comparison in
  '')
    target=$(timeout --signal=KILL $timeout realpath --canonicalize-missing -- "$path")
    case $? in 124 | 137) echo unresponsive; exit ;; esac
    if [ -n "$target" ] && [ "$target" != "$path" ]; then
      printf 'link %s\n' "$target"
    elif [ -e "$path" ] && ! [ -d "$path" ]; then
      echo file
    elif [ -n "$(find "$path" -mindepth 1 -maxdepth 1 -print -quit 2>/dev/null)" ]; then
      echo files
    else
      echo empty
    fi
    exit ;;
  different) echo different; exit ;;
esac

error=$(LC_ALL=C timeout --signal=KILL $timeout stat --file-system "$path" 2>&1 >/dev/null)
case $? in
  0) ;;
  124 | 137) echo unresponsive; exit ;;
  *) case $error in *[Ss]tale*) echo stale; exit ;; esac ;;
esac
case $source in
  /*) [ "$(stat --format=%d:%i "$path")" = "$(stat --format=%d:%i "$source" 2>/dev/null)" ] ;;
esac && echo mounted || echo different

#!/usr/bin/env bash
# A Slurm cluster of several nodes with stand-ins for GPUs on this machine alone: no systemd, nothing in /etc, all in $BASE.
#
#   cluster.sh up                       start munge, the controller and the nodes n1, n2, ...
#   cluster.sh down                     stop all of it, with the jobs, and remove $BASE
#   cluster.sh env                      print the line that lets sbatch, squeue and scancel find it
#   cluster.sh crash-node n2            kill a node's daemon and all processes of its jobs
#   cluster.sh start-node n2            start that daemon again
#   cluster.sh stop-controller          as in an outage: squeue and sbatch fail, jobs go on
#   cluster.sh start-controller
#
# Settings: BASE, NODES (4), GPUS (2 a node), MIN_JOB_AGE (300 s until an ended job is forgotten), PORT (17817; the nodes
# have those after it). Needs root, and the packages slurm-wlm and munge. Partitions: gpu (the default), and spot, whose jobs
# those of gpu preempt.
set -euo pipefail
BASE=${BASE:?the folder of the cluster}
NODES=${NODES:-4} GPUS=${GPUS:-2} MIN_JOB_AGE=${MIN_JOB_AGE:-300} PORT=${PORT:-17817}
export SLURM_CONF=$BASE/slurm.conf

die() { echo "cluster: $*" >&2; exit 1; }

# The process of a pid file, if it still is that program (Debian's are called slurmd-wlm and the like).
alive() {
  local pid exe
  pid=$(tr -dc 0-9 2>/dev/null <"$1") && [ -n "$pid" ] && exe=$(readlink "/proc/$pid/exe") || return 1
  case ${exe##*/} in "$2" | "$2-wlm") echo "$pid" ;; *) return 1 ;; esac
}

soon() { # soon SECONDS COMMAND...: until the command succeeds
  local end=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do [ $SECONDS -lt $end ] || return 1; sleep 0.1; done
}

ended() { ! kill -0 "$@" 2>/dev/null; }

stop() { # stop PID...
  [ $# -gt 0 ] || return 0
  kill "$@" 2>/dev/null || true
  soon 8 ended "$@" || kill -9 "$@" 2>/dev/null || true
}

descendants() { local child; for child in $(cat "/proc/$1/task"/*/children 2>/dev/null); do echo "$child"; descendants "$child"; done; }

# The daemons of this cluster's job steps, of one node or all: they hide what they are called, but not their sockets.
steps() {
  local inodes process socket
  inodes=" $(awk -v under="$BASE/spool/${1:-}" 'index($8, under) == 1 { printf "%s ", $7 }' /proc/net/unix)"
  for process in /proc/[0-9]*; do
    case $(readlink "$process/exe" 2>/dev/null) in */slurmstepd*) ;; *) continue ;; esac
    for socket in $(readlink "$process"/fd/* 2>/dev/null | sed -n 's/^socket:\[\([0-9]*\)\]$/\1/p'); do
      case $inodes in *" $socket "*) echo "${process##*/}"; break ;; esac
    done
  done
}

configure() {
  mkdir -p "$BASE"/{state,run,log,munge,dev} "$BASE"/spool/n{1..9}
  chmod 755 "$BASE" "$BASE/munge" "$BASE/run"
  [ -s "$BASE/munge/key" ] || (umask 077; head -c 128 /dev/urandom >"$BASE/munge/key")
  local gpu
  for ((gpu = 0; gpu < GPUS; gpu++)); do
    # Slurm sets CUDA_VISIBLE_DEVICES only where the file is a device; these are as /dev/null.
    [ -c "$BASE/dev/gpu$gpu" ] || mknod "$BASE/dev/gpu$gpu" c 1 3 || die "mknod is refused here: GPUs cannot be stood in for"
  done
  echo "NodeName=n[1-$NODES] Name=gpu File=$BASE/dev/gpu[0-$((GPUS - 1))] Flags=nvidia_gpu_env" >"$BASE/gres.conf"
  cat >"$SLURM_CONF" <<CONF
ClusterName=galvani
SlurmctldHost=$(hostname -s)(127.0.0.1)
SlurmctldPort=$PORT
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$BASE/munge/socket
CredType=cred/munge
StateSaveLocation=$BASE/state
SlurmdSpoolDir=$BASE/spool/%n
SlurmctldPidFile=$BASE/run/controller.pid
SlurmdPidFile=$BASE/run/%n.pid
SlurmctldLogFile=$BASE/log/controller.log
SlurmdLogFile=$BASE/log/%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SwitchType=switch/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
SlurmdParameters=config_overrides
GresTypes=gpu
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
JobRequeue=1
ReturnToService=2
SlurmdTimeout=10
SlurmctldTimeout=10
KillWait=5
MinJobAge=$MIN_JOB_AGE
SchedulerParameters=batch_sched_delay=0,bf_interval=2
DefMemPerCPU=50
AccountingStorageType=accounting_storage/none
$(for ((n = 1; n <= NODES; n++)); do
    echo "NodeName=n$n NodeHostname=$(hostname -s) NodeAddr=127.0.0.1 Port=$((PORT + n)) CPUs=4 RealMemory=4000 Gres=gpu:$GPUS State=UNKNOWN"
  done)
PartitionName=gpu Nodes=ALL Default=YES PriorityTier=10 DefaultTime=60 MaxTime=1440 State=UP
PartitionName=spot Nodes=ALL PriorityTier=1 GraceTime=2 PreemptMode=REQUEUE DefaultTime=60 MaxTime=1440 State=UP
CONF
}

start_munge() {
  alive "$BASE/run/munge.pid" munged >/dev/null && return
  rm -f "$BASE"/munge/socket*
  munged --force --key-file="$BASE/munge/key" --socket="$BASE/munge/socket" --pid-file="$BASE/run/munge.pid" \
    --log-file="$BASE/log/munge.log" --seed-file="$BASE/munge/seed" --num-threads=4 2>"$BASE/log/munge.errors" ||
    die "munged: $(tail -1 "$BASE/log/munge.errors")"
  soon 10 test -S "$BASE/munge/socket" || die "munged has no socket"
}

start_controller() {
  alive "$BASE/run/controller.pid" slurmctld >/dev/null && return
  (cd / && slurmctld -f "$SLURM_CONF") || die "$(tail -3 "$BASE/log/controller.log")"
  # A controller whose port is taken ends only after it has said that it started.
  soon 10 alive "$BASE/run/controller.pid" slurmctld && soon 20 scontrol ping || die "$(tail -3 "$BASE/log/controller.log")"
}

start_node() {
  alive "$BASE/run/$1.pid" slurmd >/dev/null && return
  (cd / && slurmd -N "$1" -f "$SLURM_CONF") || die "$1: $(tail -3 "$BASE/log/$1.log")"
  soon 10 alive "$BASE/run/$1.pid" slurmd || die "$1: $(tail -3 "$BASE/log/$1.log")"
}

are_idle() { [ "$(sinfo -h -N -p gpu -t idle,mix,alloc -o '%n %T' | grep -vc '\*')" = "$NODES" ]; }

up() {
  [ "$(id -u)" = 0 ] || die "only root can start jobs of other users"
  configure
  start_munge
  start_controller
  for ((n = 1; n <= NODES; n++)); do start_node "n$n"; done
  soon 30 are_idle || die "not every node came up; see $BASE/log"
}

crash_node() {
  local step victims=()
  for step in $(steps "$1"); do victims+=("$step" $(descendants "$step")); done
  victims+=($(alive "$BASE/run/$1.pid" slurmd || true))
  [ ${#victims[@]} -eq 0 ] || kill -9 "${victims[@]}" 2>/dev/null || true
  rm -f "$BASE/run/$1.pid"
  echo "$1: killed ${#victims[@]} processes"
}

down() {
  [ -e "$SLURM_CONF" ] || return 0
  local step file victims=()
  # The daemons of the nodes first, so that no job begins that nobody would end.
  for file in "$BASE"/run/n*.pid; do victims+=($(alive "$file" slurmd || true)); done
  [ ${#victims[@]} -eq 0 ] || kill -9 "${victims[@]}" 2>/dev/null || true
  for step in $(steps); do kill -9 "$step" $(descendants "$step") 2>/dev/null || true; done
  stop $(alive "$BASE/run/controller.pid" slurmctld || true)
  stop $(alive "$BASE/run/munge.pid" munged || true)
  rm -rf --one-file-system "$BASE"
}

case ${1:-} in
  up) up ;;
  down) down ;;
  env) echo "export SLURM_CONF=$SLURM_CONF" ;;
  crash-node) crash_node "$2" ;;
  start-node) start_node "$2" ;;
  stop-controller) stop $(alive "$BASE/run/controller.pid" slurmctld || true) ;;
  start-controller) start_controller ;;
  *) sed -n '2,15s/^# \{0,1\}//p' "$0"; exit 2 ;;
esac

"""What Redis does in one step for a room's log.

A room has a stream (its entries, id ``seq + 1``-0, for 0-0 is no id) and a snapshot beside it; both names
carry the room as their hash tag. The channel of what is published has the stream's name. An entry is text::

    <epoch> <seq> <at of the entry before> <at> <event as JSON>

Redis may come back with an older state of itself (a restart from disk, a replica that was behind). Whoever
calls therefore says the latest entry they know; a log that has less, or something else there, has lost
entries that somebody acted upon. It is deleted, and the room formed anew from the record. All of it works on
Redis 6.2 and later.
"""

from __future__ import annotations

from typing import Final

_COMMON: Final = """
local stream, snapshot = KEYS[1], KEYS[2]

local function head(text)
  local epoch, seq, at = string.match(text, '^(%S+) (%d+) %d+ (%d+) ')
  return epoch, tonumber(seq), at
end

local function latest()
  local last = redis.call('XREVRANGE', stream, '+', '-', 'COUNT', 1)[1]
  if last then return head(last[2][2]) end
end

local function add(epoch, seq, before, event, keep)
  local time = redis.call('TIME')
  local at = time[1] * 1000 + math.floor(time[2] / 1000)
  if at < tonumber(before) then at = tonumber(before) end
  at = string.format('%.0f', at)
  local text = epoch .. ' ' .. seq .. ' ' .. before .. ' ' .. at .. ' ' .. event
  redis.call('XADD', stream, (seq + 1) .. '-0', 'entry', text)
  redis.call('PEXPIRE', stream, keep)
  redis.call('PEXPIRE', snapshot, keep)
  redis.call('PUBLISH', stream, text)
  return at
end

local function drop(epoch)
  redis.call('DEL', stream, snapshot)
  redis.call('PUBLISH', stream, epoch)
  return false
end

local function entries_from(seq)
  return redis.call('XRANGE', stream, (seq + 1) .. '-0', '+')
end
"""

OPEN: Final = (
    _COMMON
    + """
local epoch, event, keep = ARGV[1], ARGV[2], ARGV[3]
local known, seq = latest()
if known then return {known, seq} end
redis.call('DEL', snapshot)
add(epoch, 0, '0', event, keep)
return {epoch, 0}
"""
)
"""Keys: both. Arguments: epoch, event, milliseconds to keep it. Returns epoch and seq of the latest entry."""

APPEND: Final = (
    _COMMON
    + """
local event, keep, known_epoch, known_seq, known_at = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]), ARGV[5]
local epoch, seq, at = latest()
if not epoch then return false end
local missed = {}
if known_epoch ~= '' then
  if known_epoch ~= epoch then return false end
  if seq < known_seq or (seq == known_seq and at ~= known_at) then return drop(epoch) end
  if seq > known_seq then missed = entries_from(known_seq + 1) end
end
local now = add(epoch, seq + 1, at, event, keep)
return {epoch, seq + 1, at, now, missed}
"""
)
"""Keys: both. Arguments: event, milliseconds to keep it, then epoch, seq and at of the latest entry that the
caller knows (or nothing, -1, 0). Returns epoch, seq, at of the entry before, at, and the entries between; or
nil if there is no log, or another one."""

READ: Final = (
    _COMMON
    + """
local known_epoch, known_seq, known_at = ARGV[1], tonumber(ARGV[2]), ARGV[3]
local epoch, seq, at = latest()
if not epoch then return false end
local saved, first, _ = redis.call('GET', snapshot), -1, nil
if saved then _, first = head(saved) end
if known_epoch == epoch then
  if seq < known_seq or (known_at ~= '' and seq == known_seq and at ~= known_at) then return drop(epoch) end
  if known_seq >= first then return {false, entries_from(known_seq + 1)} end
end
local entries = entries_from(first + 1)
if not saved then
  local _, seq = head(entries[1][2][2])
  if seq ~= 0 then return drop(epoch) end
end
return {saved, entries}
"""
)
"""Keys: both. Arguments: epoch, seq and at of the latest entry that the caller knows (at may be empty).
Returns the snapshot, if it is needed, and the entries; nil if there is no log."""

COMPACT: Final = (
    _COMMON
    + """
local by, upto, event, keep = ARGV[1], tonumber(ARGV[2]), ARGV[3], ARGV[4]
local epoch, seq = latest()
if not epoch then return false end
local saved, first, _ = redis.call('GET', snapshot), 0, nil
if saved then _, first = head(saved) end
if by ~= epoch or upto <= first or upto > seq then return 0 end
local id = (upto + 1) .. '-0'
local _, _, at = head(redis.call('XRANGE', stream, id, id)[1][2][2])
-- The entry that the snapshot stands for stays, so that the latest is always in the stream. Trimming comes
-- first: a script that has written may go on when the memory is used up, and this one makes room.
redis.call('XTRIM', stream, 'MINID', '=', id)
redis.call('SET', snapshot, by .. ' ' .. upto .. ' 0 ' .. at .. ' ' .. event, 'PX', keep)
return 1
"""
)
"""Keys: both. Arguments: epoch and seq of the snapshot, the event, milliseconds to keep it. Returns nil if
there is no log."""

DROP: Final = (
    _COMMON
    + """
if latest() == ARGV[1] then drop(ARGV[1]) end
"""
)
"""Keys: both. Argument: the epoch of a log that has gone another way than somebody has acted upon."""

# Ruby's pg with the system's libpq: prepared statements as Rails uses them, pipelines, cancel. See ../README.md.
require 'digest'
require 'pg'

def connect(**options)
  PG.connect(channel_binding: 'require', **options)
end

def one(conn, query, parameters = [])
  conn.exec_params(query, parameters).values.first
end

def state
  yield
  'no error'
rescue PG::Error => failure
  failure.respond_to?(:result) && failure.result ? failure.result.error_field(PG::PG_DIAG_SQLSTATE) : failure.class.name
end

# Three times: between the first and the last another client is in a transaction, so a pool of two lends its other server.
def on_both_servers
  holder = connect
  seen = [yield]
  holder.exec('begin')
  seen << yield
  holder.exec('commit')
  seen << yield
  holder.close
  seen
end

scenarios = {}

scenarios['login'] = lambda do |see|
  conn = connect
  see.call(conn.ssl_in_use?, one(conn, 'select current_user'))
  see.call(state { connect(password: 'wrong') }, state { connect(sslrootcert: ENV['DRIVERS_OTHER_CA']) })
end

scenarios['servers'] = lambda do |see|
  conn = connect
  puts "#servers #{on_both_servers { one(conn, 'select pg_backend_pid()') }.uniq.size}"
  see.call('seen')
end

scenarios['queries'] = lambda do |see|
  conn = connect
  conn.exec('drop schema if exists ruby cascade; create schema ruby; create table ruby.t (id int primary key, v text)')
  see.call(one(conn, 'select $1::int + 1, $2::text, $3::bytea', ['41', 'ä', { value: "\x00\xff".b, format: 1 }]))
  conn.send_query("select 1; begin; insert into ruby.t values (1, 'x'); commit; select 2")
  while (result = conn.get_result)
    see.call(result.cmd_status, result.values)
  end
  see.call(state { conn.exec('selec 1') }, state { one(conn, 'select 1/$1::int', [0]) }, one(conn, 'select 5'))
end

# As Rails does: names a1, a2, ... and at a stale plan DEALLOCATE of the name, then the statement anew.
scenarios['prepared statements'] = lambda do |see|
  conn, other = connect, connect
  conn.prepare('a1', 'select $1::int + 1')
  other.prepare('a1', "select 'theirs'")
  see.call(on_both_servers { [conn.exec_prepared('a1', [41]).values, other.exec_prepared('a1').values] })
  see.call(state { conn.prepare('a1', 'select 2') }, state { conn.exec_prepared('a2') }, conn.describe_prepared('a1').paramtype(0))
  300.times { |n| conn.prepare("many #{n}", "select #{n} + $1::int") }
  see.call((0...300).sum { |n| conn.exec_prepared("many #{n}", [n]).getvalue(0, 0).to_i })
  conn.exec('deallocate all')
  see.call(state { conn.exec_prepared('a1', [41]) }, other.exec_prepared('a1').values)
end

scenarios['ddl under a cached plan'] = lambda do |see|
  conn = connect
  conn.exec('create table ruby.d as select 1 as a')
  conn.prepare('d1', 'select * from ruby.d where a = $1')
  see.call(on_both_servers { conn.exec_prepared('d1', [1]).values })
  conn.exec("alter table ruby.d add b text default 'new'")
  see.call(state { conn.exec_prepared('d1', [1]) })
  conn.prepare('d2', 'select * from ruby.d where a = $1')
  see.call(on_both_servers { conn.exec_prepared('d2', [1]).values })
end

scenarios['pipelines'] = lambda do |see|
  conn = connect
  see.call(on_both_servers do
    conn.enter_pipeline_mode
    100.times { |n| conn.send_query_params("select $1::int * #{n % 7}", [n]) }
    conn.pipeline_sync
    conn.send_query_params('select 1/$1::int', [0])
    conn.send_query_params('select 2', [])
    conn.pipeline_sync
    seen, syncs = [], 0
    while syncs < 2
      result = conn.get_result
      next if result.nil?
      syncs += 1 if result.result_status == PG::PGRES_PIPELINE_SYNC
      seen << result.res_status(result.result_status) << (result.ntuples.positive? ? result.getvalue(0, 0) : '')
    end
    conn.exit_pipeline_mode
    Digest::SHA256.hexdigest(seen.inspect)
  end)
end

scenarios['transactions and settings'] = lambda do |see|
  conn, other = connect(application_name: 'mine', options: '-c search_path=ruby'), connect
  conn.transaction do |tx|
    tx.exec("insert into ruby.t values (10, 'kept'); savepoint s")
    see.call(state { tx.exec("insert into ruby.t values (10, 'twice')") }, tx.transaction_status)
    tx.exec('rollback to s')
  end
  see.call(one(conn, 'select count(*) from t where id = 10'))
  conn.exec("set time zone 'Asia/Tokyo'; set search_path = public")
  shown = "select current_setting('search_path'), current_setting('TimeZone'), current_setting('application_name')"
  see.call(on_both_servers { [one(conn, shown), one(other, shown)] })
  conn.set_client_encoding('LATIN1')
  see.call(on_both_servers { [one(conn, 'show client_encoding'), one(other, 'show client_encoding')] })
end

scenarios['copy'] = lambda do |see|
  conn = connect
  conn.exec('create table ruby.c (n int, v text)')
  conn.copy_data('copy ruby.c from stdin') { 20_000.times { |n| conn.put_copy_data("#{n}\trow #{n}\n") } }
  sum = Digest::SHA256.new
  conn.copy_data('copy (select * from ruby.c order by n) to stdout') { while (row = conn.get_copy_data) do sum << row end }
  see.call(sum.hexdigest)
  see.call(state { conn.copy_data('copy ruby.c from stdin') { 20_000.times { conn.put_copy_data("not a number\n") } } })
  see.call(one(conn, 'select count(*) from ruby.c'))
end

scenarios['cancel and large values'] = lambda do |see|
  conn = connect
  2.times do
    conn.send_query('select pg_sleep(20)')
    sleep 0.2 # the query is on its way
    conn.cancel
    see.call(state { conn.get_last_result }, one(conn, 'select 1'))
  end
  text = 'xä' * 2_500_000
  see.call(on_both_servers { one(conn, 'select $1::text', [text]) == [text] })
end

scenarios.each do |name, run|
  run.call(->(*seen) { puts "#{name}\t#{seen.inspect}" })
rescue StandardError => failure
  text = failure.message.split.join(' ')
  puts "#{name}\tBROKEN #{failure.class} #{text}"
  warn failure.full_message
end

module github.com/gausskit/gausskit

go 1.26.0

require (
	github.com/cenkalti/backoff/v4 v4.3.0 // ha/dcs/etcd: pauses between tries
	github.com/jackc/pgx/v5 v5.12.0 // ha/postgres, ha/opengauss/gausspgx
	go.etcd.io/etcd/api/v3 v3.7.3 // ha/dcs/etcd
	go.etcd.io/etcd/client/v3 v3.7.3 // ha/dcs/etcd
	go.uber.org/zap v1.28.0 // loggers that are passed in
	golang.org/x/sync v0.24.0 // internal/cmd/hasim: workers that are waited for
	google.golang.org/grpc v1.83.2 // ha/dcs/etcd: codes of the etcd client's errors
)

require (
	github.com/coreos/go-semver v0.3.1 // indirect
	github.com/coreos/go-systemd/v22 v22.7.0 // indirect
	github.com/golang/protobuf v1.5.4 // indirect
	github.com/grpc-ecosystem/grpc-gateway/v2 v2.29.0 // indirect
	github.com/jackc/pgpassfile v1.0.0 // indirect
	github.com/jackc/pgservicefile v0.0.0-20240606120523-5a60cdf6a761 // indirect
	github.com/jackc/puddle/v2 v2.2.3 // indirect
	go.etcd.io/etcd/client/pkg/v3 v3.7.3 // indirect
	go.uber.org/multierr v1.11.0 // indirect
	golang.org/x/net v0.61.0 // indirect
	golang.org/x/sys v0.49.0 // indirect
	golang.org/x/text v0.43.0 // indirect
	google.golang.org/genproto/googleapis/api v0.0.0-20260803160001-6ac0973c030d // indirect
	google.golang.org/genproto/googleapis/rpc v0.0.0-20260803160001-6ac0973c030d // indirect
	google.golang.org/protobuf v1.36.11 // indirect
)

package flow_test

import (
	"testing"

	"kinbridge/gateway/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

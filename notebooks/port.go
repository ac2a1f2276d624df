package main

import (
	"errors"
	"fmt"
	"net"
	"strconv"
)

// errPortTaken says that another process took the port first.
var errPortTaken = errors.New("the port was taken as JupyterLab started: start again, or choose another with -port")

// freePort returns the requested port if it is free; without a request the first that is.
func freePort(port int) (int, error) {
	try := func(port int) (int, error) {
		listener, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(port))
		if err != nil {
			return 0, err
		}
		defer listener.Close()
		return listener.Addr().(*net.TCPAddr).Port, nil
	}
	if port != 0 {
		port, err := try(port)
		if err != nil {
			return 0, fmt.Errorf("-port is in use or not allowed: choose another, or leave it out (%w)", err)
		}
		return port, nil
	}
	for port := 8888; port < 8988; port++ {
		if port, err := try(port); err == nil {
			return port, nil
		}
	}
	return try(0)
}

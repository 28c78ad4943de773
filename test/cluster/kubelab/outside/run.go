// Package outside runs the controllers and webhooks of a project as its own program does, but outside the cluster: the API server reaches the
// webhooks at an address of this machine.
package outside

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	admission "k8s.io/api/admissionregistration/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"
	"sigs.k8s.io/controller-runtime/pkg/webhook"
)

// Project is what is run.
type Project struct {
	Name        string
	AddToScheme []func(*runtime.Scheme) error
	SetUp       func(context.Context, ctrl.Manager) error
	// Scope says which objects a webhook with these rules sees, nil for all, and whether the webhook is there at all. Projects leave that
	// to their kustomizations.
	Scope func([]admission.RuleWithOperations) (*meta.LabelSelector, bool)
}

// NewCommand is the program of a project.
func NewCommand(project Project) *cobra.Command {
	var kubeconfig, manifests string
	cmd := &cobra.Command{
		Use:          project.Name,
		SilenceUsage: true,
		RunE: func(*cobra.Command, []string) error {
			ctrl.SetLogger(zap.New())
			config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
			if err != nil {
				return err
			}
			return run(ctrl.SetupSignalHandler(), project, config, manifests)
		},
	}
	cmd.Flags().StringVar(&kubeconfig, "kubeconfig", "", "of an administrator")
	cmd.Flags().StringVar(&manifests, "manifests", "", "the folder with crds/ and webhooks/")
	return cmd
}

func run(ctx context.Context, project Project, config *rest.Config, manifests string) error {
	crds := envtest.CRDInstallOptions{Paths: []string{filepath.Join(manifests, "crds")}, ErrorIfPathMissing: true}
	if _, err := envtest.InstallCRDs(config, crds); err != nil {
		return fmt.Errorf("installing the resource definitions: %w", err)
	}
	hooks := &envtest.WebhookInstallOptions{Paths: []string{filepath.Join(manifests, "webhooks")}}
	if err := hooks.PrepWithoutInstalling(); err != nil {
		return fmt.Errorf("reading the webhooks: %w", err)
	}
	defer hooks.Cleanup()
	narrow(hooks, project)

	scheme := runtime.NewScheme()
	for _, add := range project.AddToScheme {
		if err := add(scheme); err != nil {
			return err
		}
	}
	mgr, err := ctrl.NewManager(config, ctrl.Options{
		Scheme:  scheme,
		Metrics: metricsserver.Options{BindAddress: "0"},
		WebhookServer: webhook.NewServer(webhook.Options{
			Host: hooks.LocalServingHost, Port: hooks.LocalServingPort, CertDir: hooks.LocalServingCertDir,
		}),
	})
	if err != nil {
		return err
	}
	if err := project.SetUp(ctx, mgr); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- mgr.Start(ctx) }()
	if err := isListening(ctx, mgr.GetWebhookServer()); err != nil {
		return errors.Join(err, <-ended)
	}
	if err := hooks.Install(config); err != nil {
		return fmt.Errorf("installing the webhooks: %w", err)
	}
	return <-ended
}

// narrow also gives each configuration a name of its own.
func narrow(hooks *envtest.WebhookInstallOptions, project Project) {
	for _, one := range hooks.MutatingWebhooks {
		kept := one.Webhooks[:0]
		for _, hook := range one.Webhooks {
			selector, isThere := project.Scope(hook.Rules)
			if selector != nil {
				hook.ObjectSelector = selector
			}
			if isThere {
				kept = append(kept, hook)
			}
		}
		one.Webhooks, one.Name = kept, kept[0].Name
	}
	for _, one := range hooks.ValidatingWebhooks {
		kept := one.Webhooks[:0]
		for _, hook := range one.Webhooks {
			selector, isThere := project.Scope(hook.Rules)
			if selector != nil {
				hook.ObjectSelector = selector
			}
			if isThere {
				kept = append(kept, hook)
			}
		}
		one.Webhooks, one.Name = kept, kept[0].Name
	}
}

// WithLabel selects what has it.
func WithLabel(key string) *meta.LabelSelector {
	return &meta.LabelSelector{
		MatchExpressions: []meta.LabelSelectorRequirement{{Key: key, Operator: meta.LabelSelectorOpExists}},
	}
}

func isListening(ctx context.Context, server webhook.Server) error {
	isUp := server.StartedChecker()
	return wait.PollUntilContextTimeout(ctx, 100*time.Millisecond, time.Minute, true, func(context.Context) (bool, error) {
		return isUp(&http.Request{}) == nil, nil
	})
}

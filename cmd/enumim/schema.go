package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/enumim/enumim/backend/mysql"
	"github.com/enumim/enumim/backend/postgres"
)

func newSchema() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "schema",
		Short: "Write what makes a data base ready for numbers",
		Long: `Write the statements that make a data base ready for numbers. It changes nothing:
the statements are for whoever owns the data base.`,
		Example: `  enumim schema postgres | psql -v ON_ERROR_STOP=1 enum
  enumim schema mysql | mariadb enum`,
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return errors.New("which data base? enumim schema postgres, or mysql")
			}
			return fmt.Errorf("%s: only postgres and mysql have a schema: enumim schema postgres, or mysql", args[0])
		},
	}
	name := postgres.DefaultSchema
	sql := &cobra.Command{
		Use:   "postgres",
		Short: "Write the SQL that makes the tables in PostgreSQL",
		Long: `Write the SQL that makes the tables, constraints, functions and triggers of
backend postgres, in one transaction.`,
		Example: `  enumim schema postgres | psql -v ON_ERROR_STOP=1 enum
  enumim schema postgres --schema private | psql -v ON_ERROR_STOP=1 enum`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if name == "" || len(name) > 63 {
				return fmt.Errorf("--schema: expected a name of 1 to 63 octets, got %d", len(name))
			}
			text := postgres.Schema
			if name != postgres.DefaultSchema {
				text = postgres.SchemaNamed(name)
			}
			_, err := io.WriteString(cmd.OutOrStdout(), text)
			return err
		},
	}
	sql.Flags().StringVar(&name, "schema", name, "the name of the schema, where a data base holds several trees")
	cmd.AddCommand(sql, &cobra.Command{
		Use:   "mysql",
		Short: "Write the SQL that makes the tables in MariaDB and MySQL",
		Long: `Write the SQL that makes the tables, constraints, procedures and triggers of
backend mysql, for the client programs mariadb and mysql, in the data base that
they are connected to.`,
		Example: `  enumim schema mysql | mariadb enum`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := io.WriteString(cmd.OutOrStdout(), mysql.Schema)
			return err
		},
	})
	return cmd
}
